/** An instance of its own for a command that runs in this process, and what comes of the run. */
import { EventEmitter, once } from "node:events";
import type { CommandContext, CommandResult, Run } from "../../src/commands/command.js";
import { type UserError, userErrorsOf } from "../../src/errors.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { createTerminal } from "../../src/terminal/terminal.js";
import { makeRepository, readFiles } from "../cli/repository.js";
import { makeHome } from "../credentials/home.js";

/** Must turn up nowhere but in a header to the instance. */
export const TOKEN = "glpat-faultcanary0000000000";
/** Attempts that a command has, after which it gives up. */
export const ATTEMPTS = 3;

export interface World {
  readonly gitlab: EmbeddedGitLab;
  readonly cwd: string;
  readonly context: CommandContext;
  /** Everything that went to the terminal. */
  readonly shown: () => string;
  /** The next address that is printed. */
  readonly printed: () => Promise<string>;
}

/** What a person got to see, and what a script gets. */
export interface Outcome {
  readonly errors: readonly UserError[];
  readonly said: string;
}

export const EXPIRES = "2999-01-01T00:00:00.000Z";

interface Scene {
  /** Whether what is declared was locked before. */
  readonly locked: boolean;
  /** Fields of the declaration that are other than usual. */
  readonly declares?: object;
}

/** An instance and a repository that wants an archive of it: by default the whole one of the job "build" on its only branch. */
export async function makeWorld({ locked, declares = {} }: Scene): Promise<World> {
  const gitlab = await startGitLab({ knobs: { mergeabilityChecks: 0 } });
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["api"], role: "maintainer" });
  addProject(gitlab);
  const config = `export default { gitlab: ${JSON.stringify(gitlab.url)}, fetch: "require" };\n`;
  const artifact = { gitlab: gitlab.url, file: undefined, ...declares };
  const cwd = makeRepository(artifact, { "artifacts.config.ts": config });
  const world = worldOf(gitlab, cwd);
  if (locked) {
    const { errors } = await outcomeOf(world, "lock");
    if (errors.length > 0) throw new Error("the world could not be locked", { cause: errors });
  }
  gitlab.forge("platform/acme").repository.commit("main", { files: { ...readFiles(cwd) } });
  return world;
}

function addProject(gitlab: EmbeddedGitLab): void {
  const path = "platform/acme";
  const tag = { name: "v1.0.0", commit: "c".repeat(40), committedAt: "2026-01-01T00:00:00Z" };
  gitlab.addProject({ path, visibility: "private", protectedRefs: ["main"], tags: [tag] });
  const files = { acme: `acme of ${gitlab.url}\n`, more: { size: 3000, seed: 1 } };
  const job = (name: string) => ({ name, artifacts: { files, expireAt: EXPIRES } });
  gitlab.addPipeline(path, { ref: tag.name, tag: true, jobs: [job("build")] });
  const { id: parent } = gitlab.addPipeline(path, { ref: "main", jobs: [job("build")] });
  gitlab.addPipeline(path, { ref: "main", source: "parent_pipeline", parent, jobs: [job("package")] });
}

/** What a credential helper gives once it was asked again. */
export const NEXT_TOKEN = "glpat-nextcanary00000000000";

/** The same, by a user whose credential helper has another token each time that it is asked. */
export function withRenewedTokens({ gitlab, cwd }: World): World {
  const home = makeHome();
  const answer = (token: string) => JSON.stringify({ headers: { "private-token": [token] } });
  const script = `if test -e "$HOME/asked"; then echo '${answer(NEXT_TOKEN)}'; else : > "$HOME/asked"; echo '${answer(TOKEN)}'; fi`;
  home.settings({ [gitlab.url]: { helper: [home.program("helper", script)] } });
  gitlab.addToken({ token: NEXT_TOKEN, kind: "personal", name: "next", scopes: ["api"], role: "maintainer" });
  const { context, ...world } = worldOf(gitlab, cwd);
  return { ...world, context: { ...context, env: { HOME: home.path, PATH: "/nonexistent" } } };
}

export function worldOf(gitlab: EmbeddedGitLab, cwd: string): World {
  let shown = "";
  const prints = new EventEmitter();
  const stream = { isTTY: false, columns: 80, write: (text: string) => (shown += text) !== "" };
  const terminal = createTerminal({
    stream: stream as never, // the members that are read of a stream
    style: (_, text) => text,
    quiet: false,
    verbose: true,
  });
  const context: CommandContext = {
    cwd,
    env: { HOME: makeHome().path, PATH: "/nonexistent", GITLAB_TOKEN: TOKEN, GITLAB_HOST: gitlab.url },
    terminal,
    signal: new AbortController().signal,
    tokenFile: undefined,
    print: (text) => prints.emit("address", /http:\S+/.exec(text)?.[0] ?? ""),
    readInput: () => Promise.resolve(""),
    patience: {
      timeouts: { connect: 2000, headers: 150, stall: 150 },
      retry: { retries: ATTEMPTS - 1, firstPauseMs: 0, longestPauseMs: 5000 },
    },
  };
  const printed = async () => String((await once(prints, "address"))[0]);
  return { gitlab, cwd, context, printed, shown: () => shown };
}

async function load(name: string): Promise<Run<object>> {
  const { run } = (await import(`../../src/commands/${name}.ts`)) as { run: Run<object> }; // every command has it
  return run;
}

interface Given {
  readonly names?: readonly string[];
  readonly options?: object;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export async function outcomeOf(
  { context }: World,
  name: string,
  { names = [], options = {}, env = {}, signal = context.signal }: Given = {},
): Promise<Outcome> {
  const run = await load(name);
  const given = { ...context, signal, env: { ...context.env, ...env } };
  return told(await run(names, options, given).catch(failed));
}

function failed(error: unknown): CommandResult {
  const errors = userErrorsOf(error);
  if (errors === undefined) throw error;
  return { data: {}, text: "", errors };
}

function told({ data, text, errors = [] }: CommandResult): Outcome {
  const messages = errors.flatMap(({ message, hint }) => [message, hint ?? ""]);
  return { errors, said: [text, JSON.stringify(data), ...messages].join("\n") };
}
