/** An instance and a consumer's repository, both made anew for each test of a file; the built command line runs in it. */
import { afterEach, beforeEach } from "vitest";
import type { Lock } from "../../src/lock/schema.js";
import { type EmbeddedGitLab, type GitLabOptions, startGitLab } from "../../src/simulator/simulator.js";
import { declare, makeRepository, readFiles } from "./repository.js";
import { type CliResult, runCli } from "./run-cli.js";

/** Reads every project of the instance. */
export const TOKEN = "glpat-consumer000000000";

export interface Consumer {
  readonly gitlab: EmbeddedGitLab;
  readonly cwd: string;
  /** Another instance, and another repository for it. */
  readonly restart: (options: GitLabOptions) => Promise<void>;
  /** Declares these in place of everything. */
  readonly declare: (artifacts: readonly object[]) => void;
  readonly cli: (...args: string[]) => Promise<CliResult>;
  readonly locked: () => Lock["artifacts"];
}

/** Where artifacts come from: many projects are asked about at once, by GraphQL. */
export const ONE_AND_MANY = [
  ["one project", ["g/a"], false],
  ["four projects at once", ["g/a", "g/b", "g/c", "g/d"], true],
] as const;

export function newConsumer(): Consumer {
  let gitlab: EmbeddedGitLab;
  let cwd: string;
  const start = async (options: GitLabOptions = {}) => {
    gitlab = await startGitLab(options);
    gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
    cwd = makeRepository({ gitlab: gitlab.url });
  };
  beforeEach(() => start());
  afterEach(() => gitlab.close());
  return {
    get gitlab() {
      return gitlab;
    },
    get cwd() {
      return cwd;
    },
    restart: (options) => gitlab.close().then(() => start(options)),
    declare: (artifacts) => declare(cwd, gitlab.url, artifacts),
    cli: (...args) => runCli(args, { cwd, env: { GITLAB_TOKEN: TOKEN } }),
    locked: () => (JSON.parse(readFiles(cwd)["artifacts.lock.json"] ?? "{}") as Lock).artifacts,
  };
}
