/** Who is asked to review a merge request. */
import type { Topic } from "../renew/topic.js";
import { snapshotFor, type Applying } from "./applying.js";
import { CODE_OWNERS_FILES, codeOwnersOf, type CodeOwners } from "./code-owners.js";
import { filesOf } from "./files.js";
import type { Found } from "./name-lookup.js";

export interface Reviewers extends Found {
  /** Code owners who cannot be asked, as `CODEOWNERS` has them. */
  readonly notAsked: readonly string[];
}

/** Those whom the configuration names and, when it says so, the code owners of what the topic changes. */
export async function reviewersOf(topic: Topic, applying: Applying): Promise<Reviewers> {
  const { reviewers, reviewersFromCodeOwners } = topic.rule;
  const named = await applying.names.usersOf(reviewers);
  if (!reviewersFromCodeOwners) return { ...named, notAsked: [] };
  const { names, others } = await readCodeOwners(topic, applying);
  const owners = await Promise.all(
    names.map(async (name) => ({ name, id: await applying.names.userOf(name) })),
  );
  return {
    ids: [...new Set([...named.ids, ...owners.flatMap(({ id }) => id ?? [])])],
    errors: named.errors,
    // A name that no user has is that of a group.
    notAsked: [...owners.filter(({ id }) => id === undefined).map(({ name }) => `@${name}`), ...others],
  };
}

/** By the file on the target branch, not by one that the merge request may bring. */
async function readCodeOwners(topic: Topic, applying: Applying): Promise<CodeOwners> {
  const snapshot = snapshotFor(topic, applying);
  for (const path of CODE_OWNERS_FILES) {
    const text = await snapshot.read(path);
    if (text === undefined) continue;
    const files = await filesOf(topic, snapshot);
    return codeOwnersOf(
      text,
      files.map((file) => file.path),
    );
  }
  return { names: [], others: [] };
}
