/** Spelling suggestions. */
import { distance } from "fastest-levenshtein";

/**
 * The candidate that `word` is most likely a misspelling of: case aside, about a third of its characters may differ.
 * Undefined when none is that near.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor((word.length + 2) / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= limit && edits < word.length)
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}
