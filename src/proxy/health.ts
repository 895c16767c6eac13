import type { Upstream } from "./upstream.js";

/** What is going on in a proxy. */
export interface State {
  readonly upstream: Upstream;
  /** It takes no more requests. */
  stopping: boolean;
  /** Requests for artifacts that are being answered. */
  requests: number;
}

/** How the proxy is, in words that anybody may read: no name of an artifact, a file or a host. */
export interface Health {
  /** A degraded proxy serves what it can; a stopping one finishes what runs. */
  readonly status: "ready" | "degraded" | "stopping";
  /** What is not as it should be. */
  readonly notes: readonly string[];
}

/** @param notes what is wrong besides */
export function healthOf({ upstream, stopping }: State, notes: readonly string[]): Health {
  const down = upstream.down();
  const wrong = [...notes];
  if (down > 0) wrong.push(`GitLab instances that are down and left alone for a while: ${down}`);
  return { status: stopping ? "stopping" : wrong.length > 0 ? "degraded" : "ready", notes: wrong };
}
