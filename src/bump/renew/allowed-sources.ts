/**
 * From which projects artifacts may come when one token works for many repositories. It reads more than the people of each of them
 * may, and a merge request shows commits and file names of where an artifact comes from: so a manifest, or an entry of a lock, could make
 * the bot tell what its author must not know. The operator says where artifacts may come from; the repositories have no say in it.
 */
import { matches } from "../../config/pattern.js";
import { UserError, userErrorsOf } from "../../errors.js";
import { GitLabError } from "../../gitlab/gitlab-error.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import { getProject } from "../../gitlab/projects.js";
import type { Lock } from "../../lock/schema.js";
import type { Declared } from "../../manifest/declared.js";
import { excerpt } from "../../redact.js";

export interface AllowedSourcesOptions {
  /** A client that asks each thing once. */
  readonly gitlab: GitLab;
  /** The instance that the bot works in. */
  readonly instance: string;
  /** The project that the bot works in. */
  readonly project: string;
  /**
   * Where artifacts may come from besides the project's own namespace: full paths in which `*` stands for anything, of projects of the bot's instance; those that begin with the base URL of an instance
   * are about projects of that one.
   */
  readonly patterns: readonly string[];
  /** Path by id, of projects of the bot's instance that need not be asked for. */
  readonly paths: ReadonlyMap<number, string>;
}

export class AllowedSources {
  readonly #options: AllowedSourcesOptions;
  readonly #patterns: readonly string[];
  readonly #known: ReadonlySet<string>;

  constructor(options: AllowedSourcesOptions) {
    const { project, patterns } = options;
    this.#options = options;
    this.#patterns = [...new Set([`${project.slice(0, project.lastIndexOf("/"))}/*`, ...patterns])];
    this.#known = new Set([...options.paths.values()].map((path) => path.toLowerCase()));
  }

  /** Why artifacts may not be asked about, by name; those that may are not there. Asks nothing about what is refused by its path. */
  async refusals(declared: readonly Declared[], lock: Lock): Promise<ReadonlyMap<string, UserError>> {
    const judged = await Promise.all(
      declared.map(async (artifact) => [artifact.name, await this.#judge(artifact, lock)] as const),
    );
    return new Map(judged.flatMap(([name, error]) => (error === undefined ? [] : [[name, error] as const])));
  }

  async #judge(artifact: Declared, lock: Lock): Promise<UserError | undefined> {
    try {
      const refused = await this.#refusedIn(artifact, lock);
      return refused === undefined ? undefined : this.#refusal(artifact, refused);
    } catch (error) {
      const [own] = userErrorsOf(error) ?? [];
      if (own === undefined) throw error;
      return own;
    }
  }

  /** What names a project that is not allowed. The path that an id leads to is never told. */
  async #refusedIn({ name, gitlab, project }: Declared, lock: Lock): Promise<string | undefined> {
    const isNumber = /^\d+$/.test(project);
    if (!isNumber && !this.#allows(gitlab, project)) return project;
    const locked = Object.values(lock.artifacts[name]?.systems ?? {}).map(({ projectId }) => projectId);
    for (const id of new Set(locked)) {
      const path = await this.#pathOf(gitlab, id);
      if (path !== undefined && !this.#allows(gitlab, path)) return `${id} of the lock`;
    }
    // A former path leads to where the project is now.
    const path = await this.#pathOf(gitlab, isNumber ? Number(project) : project);
    if (path === undefined) return isNumber ? project : undefined;
    return this.#allows(gitlab, path) ? undefined : project;
  }

  #allows(instance: string, path: string): boolean {
    const address = `${instance}/`.toLowerCase();
    return this.#patterns.some((pattern) => {
      const wanted = pattern.toLowerCase();
      if (wanted.startsWith(address)) return matches(wanted.slice(address.length), path.toLowerCase());
      return instance === this.#options.instance && matches(wanted, path.toLowerCase());
    });
  }

  /** The present path; undefined for what the token may not read, of which nothing can be told. */
  async #pathOf(instance: string, project: number | string): Promise<string | undefined> {
    const isOwn = instance === this.#options.instance;
    if (isOwn && typeof project === "number" && this.#options.paths.has(project))
      return this.#options.paths.get(project);
    if (isOwn && typeof project === "string" && this.#known.has(project.toLowerCase())) return project;
    try {
      return (await getProject(this.#options.gitlab, { instance, project })).path_with_namespace;
    } catch (error) {
      if (error instanceof GitLabError && error.status === 404) return undefined;
      throw error;
    }
  }

  #refusal({ name, gitlab, variants }: Declared, refused: string): UserError {
    const { instance, project } = this.#options;
    const where = gitlab === instance ? "" : ` of ${gitlab}`;
    const named = /^[\w.-]+(\/[\w.-]+)+$/.test(refused) ? refused : "PROJECT";
    const option = `--source ${gitlab === instance ? "" : `${gitlab}/`}${named}`;
    return new UserError(
      "BUMP_SOURCE_NOT_ALLOWED",
      `${name}: the bot tells ${project} nothing of the project ${excerpt(refused)}${where}, expected one of ${this.#patterns.join(", ")}`,
      {
        hint: `who runs the bot allows it with ${option}, if all who see ${project} may know its commits and file names`,
        at: variants[0]?.at.project,
      },
    );
  }
}
