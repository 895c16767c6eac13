/** The lock as the doctor sees it: artifacts whose bytes GitLab will soon remove. */
import type { Lock } from "../lock/schema.js";
import type { Finding } from "./finding.js";

const DAY_MS = 86_400_000;
const WARNING_DAYS = 14;
/** So many names are enough to see what it is about. */
const SHOWN = 5;

/** @param now clock in milliseconds */
export function checkExpiry(lock: Lock, now: number): Finding {
  const soon = Object.entries(lock.artifacts).flatMap(([name, { systems }]) => {
    const ends = Object.values(systems).flatMap(({ expiresAt }) =>
      expiresAt === null ? [] : [Date.parse(expiresAt)],
    );
    const days = Math.floor((Math.min(...ends) - now) / DAY_MS);
    return days < WARNING_DAYS ? [{ name, days }] : [];
  });
  if (soon.length === 0)
    return { name: "Expiry", state: "ok", meaning: `no artifact expires within ${WARNING_DAYS} days` };
  const sorted = soon.toSorted((a, b) => a.days - b.days);
  const shown = sorted
    .slice(0, SHOWN)
    .map(({ name, days }) => `${name} (${days < 0 ? "expired" : `${days} days`})`);
  const more = soon.length > SHOWN ? `, and ${soon.length - SHOWN} more` : "";
  return {
    name: "Expiry",
    state: "warning",
    meaning: `GitLab removes soon: ${shown.join(", ")}${more}`,
    fix: "press Keep at the job in GitLab, run `artifacts lock` for newer ones, or put the bytes into a cache",
  };
}
