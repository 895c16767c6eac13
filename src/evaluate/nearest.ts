/** Spelling suggestions. */
import { distance } from "fastest-levenshtein";

/**
 * The candidate that `word` is most likely a misspelling of: case aside, at most a third of its characters differ, or two of
 * them changed places. Undefined when there is none.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: edits(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, edits }) =>
        candidate !== word && edits < word.length && edits <= Math.max(1, Math.floor(word.length / 3)),
    )
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}

/** Levenshtein distance, in which two characters that changed places count as one edit. */
function edits(a: string, b: string): number {
  const count = distance(a, b);
  return count === 2 && sortedCharacters(a) === sortedCharacters(b) ? 1 : count;
}

function sortedCharacters(text: string): string {
  return [...text].sort().join("");
}
