import { mkdtemp, rm } from "node:fs/promises";
import type { RequestOptions } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import { createGitLab } from "../../src/gitlab/client.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { fodPath } from "../../src/generate/fod-path.js";
import type { LockedVariant } from "../../src/lock/schema.js";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import type { LogEntry } from "../../src/proxy/log.js";
import { narPath, narinfoPath } from "../../src/proxy/narinfo.js";
import { startProxy } from "../../src/proxy/proxy.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";
import { type Answer, ask } from "./running-proxy.js";

export const MEMBER = "glpat-member-of-the-project";
export const STRANGER = "glpat-stranger-to-the-project";

/** A proxy that asks a GitLab with the tokens of its callers, and one private artifact. */
export interface RunningPassthrough {
  readonly gitlab: EmbeddedGitLab;
  readonly client: GitLab;
  readonly url: string;
  readonly variant: LockedVariant;
  /** What it is. */
  readonly bytes: Buffer;
  /** Where a derivation gets the artifact. */
  readonly path: string;
  /** Everything that tells or gives something of the artifact: for a derivation, a mirror and a cache. */
  readonly paths: readonly string[];
  readonly logged: LogEntry[];
  /** @param authorization the header; undefined: none */
  askAs(authorization: string | undefined, path?: string, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * @param size of a file in the archive that is the artifact: it comes from GitLab's storage
 * @param now of GitLab's clock
 */
export async function runPassthrough({
  size = 1000,
  now,
}: { size?: number; now?: () => Date } = {}): Promise<RunningPassthrough> {
  const gitlab = await startGitLab({
    knobs: { storage: "direct", presignTtlSeconds: 60 },
    ...(now === undefined ? {} : { now }),
  });
  gitlab.addToken({ token: MEMBER, kind: "personal" });
  gitlab.addToken({ token: STRANGER, kind: "personal", projects: [] });
  const directory = await mkdtemp(join(tmpdir(), "nix-artifacts-passthrough-"));
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry) => logged.push(entry);
  const cache: Cache = await openCache({ directory, maxBytes: 2 ** 30, log });
  const client = createGitLab({ credentials: ANONYMOUS, retry: { retries: 2, firstPauseMs: 0 } });
  const { variant, bytes } = await addArtifact(gitlab, { client, size });
  const lock = makeLock({ tool: makeArtifact({ gitlab: gitlab.url, systems: { any: variant } }) });
  const proxy = await startProxy({
    listeners: [],
    passthrough: { listeners: [{ host: "127.0.0.1", port: 0 }], origin: new URL(gitlab.url) },
    locks: () => [lock],
    cache,
    gitlab: client,
    log,
  });
  const [url = ""] = proxy.urls;
  const path = fodPath(gitlab.url, variant);
  return {
    gitlab,
    client,
    url,
    variant,
    bytes,
    path,
    logged,
    paths: [path, `/sha256/${path.split("/").at(-2)}`, narPath(variant), narinfoPath(variant)],
    askAs: (authorization, target = path, options = {}) =>
      ask(url, target, {
        ...options,
        headers: { ...options.headers, ...(authorization === undefined ? {} : { authorization }) },
      }),
    async close() {
      await proxy.close(0);
      cache.close();
      await client.close();
      await gitlab.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function addArtifact(
  gitlab: EmbeddedGitLab,
  { client, size }: { client: GitLab; size: number },
): Promise<{ variant: LockedVariant; bytes: Buffer }> {
  const project = gitlab.addProject({ path: "team/tool" });
  const pipeline = gitlab.addPipeline("team/tool", { ref: "main" });
  const made = { name: "build", artifacts: { files: { "tool.bin": { size, seed: 1 } } } };
  const job = gitlab.addJob("team/tool", pipeline.id, made).id;
  const url = `${gitlab.url}/api/v4/projects/${project.id}/jobs/${job}/artifacts`;
  const credential = { headers: { "private-token": MEMBER }, source: "the test" };
  const bytes = await buffer((await client.download(url, { credential })).body);
  return { variant: await makeVariantOf({ url, bytes, job }), bytes };
}

export function basic(user: string, token: string): string {
  return `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
}
