/** Which locked artifacts GitLab will soon delete: the one rule for `lock`, `outdated`, `show`, the doctor and the bot. Pure. */
import { entriesOf, type LockedEntry } from "./entry.js";
import type { Lock } from "./schema.js";

const DAY_MS = 86_400_000;

export interface Expiring extends LockedEntry {
  readonly expiresAt: string;
  /** Whole days that are left; negative when the date has passed. */
  readonly days: number;
}

export interface ExpiryRule {
  readonly now: Date;
  /** Days ahead; null: nothing is told. */
  readonly days: number | null;
}

/**
 * The locked variants whose date of expiry is that near, or has passed; the first to go first. GitLab may serve them longer: it
 * keeps the newest artifacts of a ref (GitLab documentation, "Keep artifacts from most recent successful jobs").
 */
export function expiringVariants(lock: Lock, { now, days: ahead }: ExpiryRule): Expiring[] {
  if (ahead === null) return [];
  const found = entriesOf(lock).flatMap((entry) => {
    const { expiresAt } = entry.variant;
    if (expiresAt === null) return [];
    const left = (Date.parse(expiresAt) - now.getTime()) / DAY_MS;
    return left > ahead ? [] : [{ ...entry, expiresAt, days: Math.floor(left) }];
  });
  return found.sort((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt));
}
