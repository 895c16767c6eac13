import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from "node:http";
import { UserError } from "../../src/errors.js";
import { EMPTY_LOCK, type Lock, type LockedVariant } from "../../src/lock/schema.js";
import { fodPath } from "../../src/generate/fod-path.js";
import type { LogEntry } from "../../src/proxy/log.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { type Locked, lockedVariant } from "../hash/locked.js";
import { type Upstream, startUpstream } from "../hash/upstream.js";

/** A proxy on a free port before an upstream; `lock` is what it serves. */
export interface RunningProxy {
  readonly proxy: Proxy;
  readonly upstream: Upstream;
  readonly logged: LogEntry[];
  lock: () => Lock;
  /** Locks `bytes` under `artifact`; gives the path of it on the proxy. */
  add(artifact: string, locked: Omit<Locked, "url"> & { url?: string }): Promise<string>;
  /** What GitLab throws in place of the next download. */
  failWith(error: unknown): void;
  close(): Promise<void>;
}

export async function runProxy(): Promise<RunningProxy> {
  const upstream = await startUpstream();
  const logged: LogEntry[] = [];
  let lock: Lock = EMPTY_LOCK;
  const failures: unknown[] = [];
  const proxy = await startProxy({
    listen: { host: "127.0.0.1", port: 0 },
    locks: () => [running.lock()],
    gitlab: {
      ...upstream.gitlab,
      download: (url, options) =>
        failures.length > 0 ? Promise.reject(failures.pop()) : upstream.gitlab.download(url, options),
    },
    log: (entry) => logged.push(entry),
  });
  const running: RunningProxy = {
    proxy,
    upstream,
    logged,
    lock: () => lock,
    async add(artifact, locked) {
      const url = locked.url ?? upstream.serve(`/${artifact}`, locked.bytes);
      const variant = await lockedVariant({ ...locked, url });
      lock = { ...lock, artifacts: { ...lock.artifacts, [artifact]: lockedArtifact(variant) } };
      return fodPath({ gitlab: GITLAB, ...variant });
    },
    failWith: (error) => failures.push(error),
    async close() {
      await proxy.close(0);
      await upstream.close();
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
