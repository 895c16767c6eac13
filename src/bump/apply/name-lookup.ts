/** Names in the configuration → ids of GitLab. Each name is asked for once in a run, and an unknown one is told once. */
import { UserError } from "../../errors.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import { findUser } from "../../gitlab/merge-requests.js";
import { listActiveMilestones } from "../../gitlab/milestones.js";
import type { ProjectAddress } from "../../gitlab/projects.js";

/** What is not known stops nothing, and is told. */
export interface Found {
  readonly ids: readonly number[];
  readonly errors: readonly UserError[];
}

/** All of it throws a GitLabError when GitLab does not answer; the next question for the name is a new one. */
export interface NameLookup {
  usersOf(names: readonly string[]): Promise<Found>;
  /** The id of a user; undefined when there is none of that name, which is no error here. */
  userOf(name: string): Promise<number | undefined>;
  /** By its title; the project's own before one of a group. Undefined is none. */
  milestoneOf(title: string | undefined): Promise<Found>;
}

export function createNameLookup(gitlab: GitLab, address: ProjectAddress): NameLookup {
  const { instance } = address;
  const userOf = remembering((name: string) => findUser(gitlab, instance, name));
  const milestones = remembering((_all: "all") => listActiveMilestones(gitlab, address));
  const told = new Set<string>();
  const once = (errors: readonly UserError[]) =>
    errors.filter(({ message }) => !told.has(message) && told.add(message));
  return {
    userOf,
    async usersOf(names) {
      const found = await Promise.all(names.map(async (name) => ({ name, id: await userOf(name) })));
      const unknown = found.filter(({ id }) => id === undefined);
      return {
        ids: found.flatMap(({ id }) => id ?? []),
        errors: once(unknown.map(({ name }) => unknownUser(instance, name))),
      };
    },
    async milestoneOf(title) {
      if (title === undefined) return { ids: [], errors: [] };
      const known = await milestones("all");
      const named = known.filter((one) => one.title === title);
      const found = named.find(({ project_id }) => project_id != null) ?? named[0];
      if (found !== undefined) return { ids: [found.id], errors: [] };
      return { ids: [], errors: once([unknownMilestone(title, known)]) };
    },
  };
}

function unknownUser(instance: string, name: string): UserError {
  return new UserError("BUMP_UNKNOWN_USER", `${instance} knows no user "${name}"`, {
    hint: "correct assignees and reviewers of bump in artifacts.config.ts",
  });
}

/** Titles that an error names at most. */
const MAX_TITLES = 10;

function unknownMilestone(title: string, known: readonly { readonly title: string }[]): UserError {
  const titles = [...new Set(known.map((one) => JSON.stringify(one.title)))];
  const shown = titles.slice(0, MAX_TITLES).join(", ");
  const more = titles.length > MAX_TITLES ? `, and ${titles.length - MAX_TITLES} more` : "";
  const open = titles.length === 0 ? "none is open" : `open are ${shown}${more}`;
  return new UserError("BUMP_UNKNOWN_MILESTONE", `no open milestone is called "${title}"`, {
    hint: `correct milestone of bump in artifacts.config.ts: ${open} in the project and the groups above it`,
  });
}

/** The same function, asked once for each name, also by several at a time. A failure is not remembered. */
function remembering<N extends string, T>(ask: (name: N) => Promise<T>): (name: N) => Promise<T> {
  const asked = new Map<N, Promise<T>>();
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
