/**
 * The git repository of a simulated project: commits, branches and what is in them, in memory. Texts only.
 */
import { createHash } from "node:crypto";
import { mergeText } from "./merge-text.js";
import type { Clock } from "./state.js";

/** Text by path. */
export type Tree = ReadonlyMap<string, string>;

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Person;
  readonly authoredAt: Date;
  readonly committedAt: Date;
  readonly tree: Tree;
}

export interface NewCommit {
  /** The text of each file that changes; null removes it. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly message?: string;
  readonly author?: Person;
  /** Id of the commit to stand on; by default the head of the branch. */
  readonly onto?: string;
  /** When it was first written, if it is an older commit that was amended. */
  readonly authoredAt?: Date;
}

type Making = Pick<Commit, "tree" | "parents" | "message" | "author"> & {
  readonly authoredAt?: Date | undefined;
};

const SOMEBODY: Person = { name: "Dev", email: "dev@example.com" };

export class Repository {
  /** Commit id by branch. */
  readonly branches = new Map<string, string>();
  readonly #commits = new Map<string, Commit>();
  readonly #now: Clock;

  constructor(now: Clock) {
    this.#now = now;
  }

  commitById(id: string): Commit | undefined {
    return this.#commits.get(id);
  }

  /** The commit that a branch name or a commit id means. */
  at(ref: string): Commit | undefined {
    return this.#commits.get(this.branches.get(ref) ?? ref);
  }

  /** Moves `branch`, which is made when it is not there, to a new commit. */
  commit(
    branch: string,
    { files, message = "Change", author = SOMEBODY, onto, authoredAt }: NewCommit,
  ): Commit {
    const parent = this.at(onto ?? branch);
    const tree = new Map(parent?.tree);
    for (const [path, text] of Object.entries(files)) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
    const parents = parent === undefined ? [] : [parent.id];
    return this.#add(branch, { tree, message, author, authoredAt, parents });
  }

  /** The tree of `target` with what `source` changed since they parted; undefined when both changed the same. */
  merged(source: string, target: string): Tree | undefined {
    const [theirs, ours] = [this.at(source), this.at(target)];
    if (theirs === undefined || ours === undefined) return undefined;
    const base = this.#mergeBase(theirs, ours)?.tree ?? new Map<string, string>();
    const tree = new Map(ours.tree);
    for (const path of new Set([...base.keys(), ...theirs.tree.keys()])) {
      const [before, here, there] = [base.get(path), ours.tree.get(path), theirs.tree.get(path)];
      if (there === before || there === here) continue;
      const text = here === before ? there : mergeText(before ?? "", here ?? "", there ?? "");
      if (text !== undefined) tree.set(path, text);
      else if (there === undefined && here === before) tree.delete(path);
      else return undefined;
    }
    return tree;
  }

  /** Merges `source` into the branch `target`; undefined when they conflict. */
  merge(source: string, target: string, message: string): Commit | undefined {
    const commit = this.mergeCommit(source, target, message);
    if (commit !== undefined) this.branches.set(target, commit.id);
    return commit;
  }

  /** The merge of `source` into `target`, as a commit that no branch leads to; undefined when they conflict. */
  mergeCommit(source: string, target: string, message: string): Commit | undefined {
    const tree = this.merged(source, target);
    const parents = [this.at(target)?.id, this.at(source)?.id].filter((id) => id !== undefined);
    return tree && this.#make({ tree, message, author: SOMEBODY, parents });
  }

  /** Commits of `ref` that `other` does not have, newest first. */
  ahead(ref: string, other: string): Commit[] {
    const known = new Set(this.#ancestors(this.at(other)).map(({ id }) => id));
    return this.#ancestors(this.at(ref)).filter(({ id }) => !known.has(id));
  }

  #add(branch: string, made: Making): Commit {
    const commit = this.#make(made);
    this.branches.set(branch, commit.id);
    return commit;
  }

  #make({ tree, parents, message, author, authoredAt }: Making): Commit {
    const now = this.#now();
    const content = JSON.stringify([[...tree], parents, message, author, now, this.#commits.size]);
    const id = createHash("sha1").update(content).digest("hex");
    const commit = { id, parents, message, author, authoredAt: authoredAt ?? now, committedAt: now, tree };
    this.#commits.set(id, commit);
    return commit;
  }

  #mergeBase(a: Commit, b: Commit): Commit | undefined {
    const ancestors = new Set(this.#ancestors(b));
    return this.#ancestors(a).find((commit) => ancestors.has(commit));
  }

  #ancestors(commit: Commit | undefined): Commit[] {
    const found = new Set(commit === undefined ? [] : [commit]);
    for (const { parents } of found) {
      for (const id of parents) {
        const parent = this.#commits.get(id);
        if (parent !== undefined) found.add(parent);
      }
    }
    return [...found];
  }
}

/** Git's id of a text as a blob: gitformat-loose(5), "blob <size>\0<content>". */
export function blobIdOf(text: string): string {
  const bytes = Buffer.from(text);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
