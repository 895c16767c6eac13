import { distance } from "fastest-levenshtein";
import { excerpt } from "../redact.js";

/** Names that a message lists. */
const MAX_LISTED = 10;

/** `names`, the most similar to `wanted` first; equally similar ones by code units. */
export function nearestFirst(wanted: string, names: readonly string[]): readonly string[] {
  const key = wanted.toLowerCase();
  return names
    .map((name) => ({ name, far: distance(key, name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** The first names of a list, quoted for a message: `"build", "test" and 3 more`. */
export function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED).map((name) => `"${excerpt(name)}"`);
  const left = names.length - listed.length;
  return left === 0 ? listed.join(", ") : `${listed.join(", ")} and ${left} more`;
}
