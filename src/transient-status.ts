/** Statuses that say "later" rather than "no": RFC 9110 §15.5.9 and §15.6, RFC 6585 §4. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the same request may be answered in a moment. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT.has(status);
}
