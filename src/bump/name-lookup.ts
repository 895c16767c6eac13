/** Names in the configuration → ids of GitLab. Each name is asked for once in a run, and an unknown one is told once. */
import { UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { findUser } from "../gitlab/merge-requests.js";
import type { ProjectAddress } from "../gitlab/projects.js";

export interface Found {
  readonly ids: readonly number[];
  /** A name that the instance does not know stops nothing, and is told. */
  readonly errors: readonly UserError[];
}

export interface NameLookup {
  /** @throws GitLabError when GitLab does not answer; the next question for the name is a new one */
  usersOf(names: readonly string[]): Promise<Found>;
}

export function createNameLookup(gitlab: GitLab, { instance }: ProjectAddress): NameLookup {
  const userOf = remembering((name) => findUser(gitlab, instance, name));
  const told = new Set<string>();
  return {
    async usersOf(names) {
      const found = await Promise.all(names.map(async (name) => ({ name, id: await userOf(name) })));
      const unknown = found.filter(({ name, id }) => id === undefined && !told.has(name));
      for (const { name } of unknown) told.add(name);
      return {
        ids: found.flatMap(({ id }) => id ?? []),
        errors: unknown.map(({ name }) => unknownUser(instance, name)),
      };
    },
  };
}

function unknownUser(instance: string, name: string): UserError {
  return new UserError("BUMP_UNKNOWN_USER", `${instance} knows no user "${name}"`, {
    hint: "correct assignees and reviewers of bump in artifacts.config.ts",
  });
}

/** The same function, asked once for each name, also by several at a time. A failure is not remembered. */
function remembering<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (name) => {
    const known = asked.get(name);
    if (known !== undefined) return known;
    const answer = ask(name).catch((error: unknown) => {
      asked.delete(name);
      throw error;
    });
    asked.set(name, answer);
    return answer;
  };
}
