/** The lock as the doctor sees it: artifacts whose bytes GitLab will soon remove. */
import { type Expiring, type ExpiryRule, expiringVariants } from "../lock/expiry.js";
import type { Lock } from "../lock/schema.js";
import type { Finding } from "./finding.js";

/** So many names are enough to see what it is about. */
const SHOWN = 5;

export function checkExpiry(lock: Lock, { now, days }: ExpiryRule): Finding {
  if (days === null)
    return { name: "Expiry", state: "ok", meaning: "not looked at (expiryWarningDays: null)" };
  const soon = firstOfEach(expiringVariants(lock, { now, days }));
  if (soon.length === 0)
    return { name: "Expiry", state: "ok", meaning: `no artifact expires within ${days} days` };
  const shown = soon
    .slice(0, SHOWN)
    .map((one) => `${one.artifact} (${one.days < 0 ? "expired" : `${one.days} days`})`);
  const more = soon.length > SHOWN ? `, and ${soon.length - SHOWN} more` : "";
  return {
    name: "Expiry",
    state: "warning",
    meaning: `GitLab removes soon: ${shown.join(", ")}${more}`,
    fix: "run `artifacts lock --keep` to have GitLab keep them, or put the bytes into a cache",
  };
}

/** The system that expires first stands for its artifact. */
function firstOfEach(expiring: readonly Expiring[]): readonly Expiring[] {
  const seen = new Set<string>();
  return expiring.filter(({ artifact }) => !seen.has(artifact) && seen.add(artifact));
}
