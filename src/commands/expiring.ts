/** Locked artifacts that GitLab will soon delete, for people and for scripts: shared by `lock`, `outdated` and `show`. */
import type { Config } from "../config/config.js";
import { type Expiring, expiringVariants } from "../lock/expiry.js";
import type { Lock } from "../lock/schema.js";
import type { CommandContext } from "./command.js";

/** So many names are enough to see what it is about; `--json` has all of them. */
const SHOWN = 5;

/** The named ones among them, as the configuration wants them told. */
export function expiringAmong(
  lock: Lock,
  names: ReadonlySet<string>,
  { expiryWarningDays: days }: Config,
): Expiring[] {
  return expiringVariants(lock, { now: new Date(), days }).filter(({ artifact }) => names.has(artifact));
}

export function expiringToJson({ artifact, system, variant, expiresAt, days }: Expiring): object {
  return { artifact, system, job: variant.job, expiresAt, days };
}

export function warnOfExpiring(expiring: readonly Expiring[], { terminal }: CommandContext): void {
  const text = describeExpiring(expiring);
  if (text !== undefined) terminal.warn(text);
}

/** One sentence about all of them; undefined when there are none. */
function describeExpiring(expiring: readonly Expiring[]): string | undefined {
  if (expiring.length === 0) return undefined;
  const shown = expiring.slice(0, SHOWN).map(describe);
  const more = expiring.length > SHOWN ? [`and ${expiring.length - SHOWN} more`] : [];
  return `GitLab deletes what expires: ${[...shown, ...more].join(", ")}. To have it kept, run: artifacts lock --keep`;
}

function describe({ artifact, system, expiresAt, days }: Expiring): string {
  const day = new Date(expiresAt).toISOString().slice(0, 10);
  const when =
    days < 0 ? `expired on ${day}` : `expires on ${day}, in ${days === 1 ? "1 day" : `${days} days`}`;
  return `${artifact} (${system}) ${when}`;
}
