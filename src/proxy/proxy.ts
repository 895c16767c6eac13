/**
 * BESIDE the pipeline: serves locked artifacts, and only verified bytes of them, to builds on this machine. It asks GitLab with
 * its own credentials, so that neither the derivation nor Nix needs any.
 */
import { DEFAULT_PACE } from "./client-pace.js";
import { facesOf } from "./faces.js";
import type { State } from "./health.js";
import type { ProxyOptions } from "./options.js";
import { DEFAULT_PEER_CONNECTIONS } from "./peer-connections.js";
import { type Running, startServer } from "./server.js";
import { createUpstream } from "./upstream.js";

export interface Proxy {
  /** Where it listens: a base URL without a trailing slash, or `unix:` and a path; in the order that was asked for. */
  readonly urls: readonly string[];
  /** Takes no more requests and lets running ones finish, for `graceMs` milliseconds at most. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;

/**
 * Starts the proxy on all its listeners, or on none.
 *
 * @throws UserError when an address is beyond its reach or cannot be listened on
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const upstream = createUpstream(options.gitlab);
  const running: Running[] = [];
  const state: State = { upstream, stopping: false, requests: 0 };
  const close = async (graceMs: number) => {
    await Promise.all(running.map((server) => server.close(graceMs)));
  };
  try {
    const { tls, log, peerConnections = DEFAULT_PEER_CONNECTIONS } = options;
    const pace = { ...DEFAULT_PACE, ...options.pace };
    const stopping = () => state.stopping;
    for (const { asked, ...face } of facesOf({ ...options, pace }, state)) {
      running.push(
        await startServer(asked, { ...face, tls, idleMs: pace.idleMs, peerConnections, stopping, log }),
      );
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  const urls = running.map(({ url }) => url);
  for (const url of urls) options.log({ level: "info", event: "listening", url });
  return {
    urls,
    async close(graceMs = DEFAULT_GRACE_MS) {
      state.stopping = true;
      await close(graceMs);
      for (const url of urls) options.log({ level: "info", event: "closed", url });
    },
  };
}
