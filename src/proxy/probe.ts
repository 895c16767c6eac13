import { packageVersion } from "../version.js";
import type { Health } from "./health.js";
import type { Refusal, Text } from "./refusals.js";

/** Who may ask where the request came in. */
export type AuthorityName = "inject" | "passthrough" | "id-token" | "certificate" | "admin";

/**
 * Answers about the proxy itself, for load balancers, monitoring and `artifacts doctor`. They need no credential on any listener, so
 * they say nothing of what is locked, cached or asked for.
 *
 * @returns undefined when `target` is none of these
 */
export function probe(
  target: string | undefined,
  { authority, health }: { readonly authority: AuthorityName; readonly health: () => Health },
): Text | Refusal | undefined {
  switch (target) {
    case "/-/version":
      return json({ name: "nix-artifacts", version: VERSION, authority });
    case "/-/live":
      return { type: "text/plain; charset=utf-8", lines: "live\n" };
    case "/-/ready":
      return readiness(health());
    default:
      return undefined;
  }
}

const VERSION = packageVersion();

/** Degraded is ready: one broken commit must not take every proxy out of service. */
function readiness(health: Health): Text | Refusal {
  return health.status === "stopping" ? { status: 503, text: "stopping" } : json(health);
}

export function json(value: object): Text {
  return { type: "application/json", lines: `${JSON.stringify(value)}\n` };
}
