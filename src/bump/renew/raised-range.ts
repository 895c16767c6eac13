/** A range of versions that a newer version is beyond → the same kind of range around that version. Pure. */
import parse from "semver/functions/parse.js";
import satisfies from "semver/functions/satisfies.js";

/** One comparator with an operator that has no upper end of its own: `^1.2`, `~1.2.3`, `1.x`, `1.2`, `=1.2.3`. */
const SIMPLE = /^([\^~=]?)\s*v?\d+(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*])(-[\w.-]+)?)?$/;

/**
 * Operator and precision stay: `^1.2` becomes `^2.0`, `1.x` becomes `2.x`, `~1.2.3` becomes `~2.0.1`. A version of less precision
 * would let in more than the range did.
 *
 * @returns undefined for a range of several parts, whose author alone knows what it is meant to exclude
 */
export function raisedRange(range: string, version: string): string | undefined {
  const [, operator = "", minor, patch] = SIMPLE.exec(range.trim()) ?? [undefined, undefined];
  const to = parse(version);
  if (!SIMPLE.test(range.trim()) || to === null) return undefined;
  const part = (written: string | undefined, number: number) =>
    written === undefined ? "" : `.${/\d/.test(written) ? number : written}`;
  const raised = `${operator}${to.major}${part(minor, to.minor)}${part(patch, to.patch)}`;
  return satisfies(to, raised) ? raised : `${operator}${to.version}`;
}
