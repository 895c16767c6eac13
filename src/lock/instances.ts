import type { Lock } from "./schema.js";

/** Base URLs of the GitLab instances that what is locked comes from, each once. */
export function instancesOf(...locks: readonly Lock[]): string[] {
  return [...new Set(locks.flatMap(({ artifacts }) => Object.values(artifacts).map(({ gitlab }) => gitlab)))];
}
