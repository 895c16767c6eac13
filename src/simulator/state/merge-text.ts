/**
 * A three-way merge of one text, as far as the simulator needs it: each side is taken to have changed one stretch of lines,
 * from the first that differs to the last. Git merges more; it never merges less.
 */

/** The merged text, or undefined when both sides changed the same lines or neighbouring ones. */
export function mergeText(base: string, ours: string, theirs: string): string | undefined {
  if (ours === theirs || theirs === base) return ours;
  if (ours === base) return theirs;
  const lines = base.split("\n");
  const [first, second] = [stretch(lines, ours.split("\n")), stretch(lines, theirs.split("\n"))].sort(
    (a, b) => a.start - b.start,
  );
  if (first === undefined || second === undefined || first.end >= second.start) return undefined;
  return [
    ...lines.slice(0, first.start),
    ...first.lines,
    ...lines.slice(first.end, second.start),
    ...second.lines,
    ...lines.slice(second.end),
  ].join("\n");
}

interface Stretch {
  /** Lines of the base that are replaced, `end` excluded. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

function stretch(base: readonly string[], changed: readonly string[]): Stretch {
  const shorter = Math.min(base.length, changed.length);
  let start = 0;
  while (start < shorter && base[start] === changed[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && base.at(-1 - tail) === changed.at(-1 - tail)) tail += 1;
  return { start, end: base.length - tail, lines: changed.slice(start, changed.length - tail) };
}
