import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/errors.js";
import { EMPTY_LOCK, type Lock, type LockedVariant } from "../../src/lock/schema.js";
import { fodPath } from "../../src/generate/fod-path.js";
import { openCache } from "../../src/proxy/cache/cache.js";
import type { LogEntry } from "../../src/proxy/log.js";
import type { ProxyOptions } from "../../src/proxy/options.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { type Upstream, startUpstream } from "../hash/upstream.js";
import { type Locked, makeVariantOf } from "../make/lock.js";

/** A proxy on a free port before an upstream; `lock` is what it serves. */
export interface RunningProxy {
  readonly proxy: Proxy;
  /** Base URL of its first listener. */
  readonly url: string;
  /** Of its cache. */
  readonly directory: string;
  readonly upstream: Upstream;
  readonly logged: LogEntry[];
  lock: () => Lock;
  /** Locks `bytes` under `artifact`; gives the path of it on the proxy. */
  add(artifact: string, locked: Omit<Locked, "url"> & { url?: string }): Promise<string>;
  /** What GitLab throws in place of the next download. */
  failWith(error: unknown): void;
  close(): Promise<void>;
}

/** @param options what more it gets; the listener of `admin` is the last one then */
export async function runProxy({
  admin,
  listeners = [{ host: "127.0.0.1", port: 0 }],
  ...more
}: Partial<
  Pick<ProxyOptions, "admin" | "policy" | "certificates" | "tls" | "listeners" | "pace" | "peerConnections">
> = {}): Promise<RunningProxy> {
  const upstream = await startUpstream();
  const logged: LogEntry[] = [];
  let lock: Lock = EMPTY_LOCK;
  const failures: unknown[] = [];
  const directory = await mkdtemp(join(tmpdir(), "nix-artifacts-proxy-"));
  const log = (entry: LogEntry) => {
    logged.push(entry);
    admin?.watch.log(entry);
    admin?.metrics.log(entry);
  };
  const cache = await openCache({ directory, maxBytes: 2 ** 30, log });
  const proxy = await startProxy({
    listeners,
    cache,
    locks: () => [running.lock()],
    gitlab: {
      ...upstream.gitlab,
      download: (url, options) =>
        failures.length > 0 ? Promise.reject(failures.pop()) : upstream.gitlab.download(url, options),
    },
    log,
    ...more,
    ...(admin === undefined ? {} : { admin }),
  });
  const running: RunningProxy = {
    proxy,
    url: proxy.urls[0] ?? "",
    directory,
    upstream,
    logged,
    lock: () => lock,
    async add(artifact, locked) {
      const url = locked.url ?? upstream.serve(`/${artifact}`, locked.bytes);
      const variant = await makeVariantOf({ ...locked, url });
      lock = { ...lock, artifacts: { ...lock.artifacts, [artifact]: lockedArtifact(variant) } };
      return fodPath(GITLAB, variant);
    },
    failWith: (error) => failures.push(error),
    async close() {
      await proxy.close(0);
      cache.close();
      await upstream.close();
      await rm(directory, { recursive: true, maxRetries: 5 }); // a request that nobody waits for may still look into it
    },
  };
  return running;
}

const GITLAB = "https://gitlab.example.com";

function lockedArtifact(variant: LockedVariant): Lock["artifacts"][string] {
  return {
    gitlab: GITLAB,
    project: "g/tool",
    ref: { branch: "main" },
    fetch: "proxy",
    install: { kind: "none" },
    systems: { any: variant },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the answer ended as HTTP says it must. */
  readonly complete: boolean;
}

/** Asks with exactly these headers, and takes what comes, complete or not. */
export async function ask(url: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const asking = request({ hostname: hostname.replace(/[[\]]/g, ""), port, path, agent: false, ...options });
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage]; // node's own event
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  response.on("error", () => {});
  await new Promise((resolve) => response.once("close", resolve));
  const { statusCode: status = 0, headers, complete } = response;
  return { status, headers, body: Buffer.concat(chunks), complete };
}

/** An error as the GitLab client throws it. */
export function gitlabError(code: string, details: { status?: number; transient?: boolean } = {}): UserError {
  return Object.assign(
    new UserError(code, "GitLab said no.\nNo token was sent.", { hint: "log in" }),
    details,
  );
}
