/** Spelling suggestions. */
import { distance } from "fastest-levenshtein";

/**
 * The candidate that `word` is most likely a misspelling of: case aside, at most a third of its characters differ.
 * Undefined when none is that near.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}
