/** The commands that talk to GitLab, run in this process against an instance of their own. */
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import type { CommandContext, CommandResult, Run } from "../../src/commands/command.js";
import { UserError, userErrorsOf } from "../../src/errors.js";
import { parseLock } from "../../src/lock/read.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { parseSri } from "../../src/store/sri.js";
import { createTerminal } from "../../src/terminal/terminal.js";
import { makeRepository, readFiles } from "../cli/repository.js";
import { makeHome } from "../credentials/home.js";
import type { FaultRow } from "../faults.js";
import { temporaryNix } from "../store/temporary-nix.js";

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

/** Where a fault can hit a command. */
export interface Place {
  readonly name: string;
  /** What the API requests that it hits contain. */
  readonly path: string;
  /** Their method; GET by default. A change is not sent on to where an answer points. */
  readonly method?: "POST";
  readonly meets: readonly FaultRow["spoils"][];
  readonly run: (world: World) => Promise<Outcome>;
  /** Whether something is locked before. */
  readonly locked: boolean;
  /** Names of faults that mean nothing to it. */
  readonly except?: readonly string[];
  /** Its errors have a code of their own, whatever is behind them. */
  readonly ownCode?: boolean;
  /** It is told a token, and looks for no other. */
  readonly ownToken?: boolean;
}

const DOWNLOAD = { path: "/artifacts", meets: ["request", "bytes"], locked: true } as const;
const QUESTION = { meets: ["request", "json"] } as const;
/** A good token may be forbidden to ask about itself. */
const OWN_TOKEN = {
  ...QUESTION,
  path: "/api/v4/user",
  locked: false,
  except: ["403", "403 for a scope that is missing", "403 for a job whose project was not let in"],
  ownCode: true,
} as const;

export const DOWNLOADS: readonly Place[] = [
  {
    name: "lock, downloading",
    ...DOWNLOAD,
    locked: false,
    run: lock,
    except: ["an archive that is damaged on the way"], // it knows no hash yet
  },
  { name: "lock --rehash", ...DOWNLOAD, run: command("lock", { rehash: true }), ownCode: true },
  { name: "verify", ...DOWNLOAD, run: command("verify") },
  { name: "fetch", ...DOWNLOAD, run: fetch },
  { name: "publish", ...DOWNLOAD, run: publish },
  { name: "proxy", ...DOWNLOAD, run: askProxy, ownCode: true },
];

export const QUESTIONS: readonly Place[] = [
  { name: "lock, resolving", path: "/pipelines?", locked: false, ...QUESTION, run: lock },
  { name: "lock, reading jobs", path: "/jobs?", locked: false, ...QUESTION, run: lock },
  {
    name: "lock --keep",
    path: "/artifacts/keep",
    method: "POST",
    locked: true,
    ...QUESTION,
    run: keep,
  },
  { name: "outdated", path: "/pipelines?", locked: true, ...QUESTION, run: command("outdated") },
];

export const BOT: readonly Place[] = [
  {
    name: "bump --dry-run",
    path: "/repository/branches/",
    locked: true,
    ...QUESTION,
    run: command("bump", { dryRun: true, project: ["platform/acme"] }),
  },
  {
    name: "bump --dry-run, reading files",
    path: "/repository/tree",
    locked: true,
    ...QUESTION,
    except: ["404 for a record"], // a folder that is not there
    run: command("bump", { dryRun: true, project: ["platform/acme"] }),
  },
  {
    name: "bump --dry-run, reading merge requests",
    path: "/merge_requests?",
    locked: true,
    ...QUESTION,
    except: ["JSON without fields", "JSON with null in place of values"], // the list is empty
    run: command("bump", { dryRun: true, project: ["platform/acme"] }),
  },
];

export const TOKENS: readonly Place[] = [
  {
    name: "auth login --with-token",
    path: "/api/v4/user",
    locked: false,
    ...QUESTION,
    run: login,
    ownToken: true,
  },
  { name: "auth status", ...OWN_TOKEN, run: command("auth-status", { check: true }) },
  { name: "doctor", ...OWN_TOKEN, run: command("doctor") },
];

function command(name: string, options: object = {}): Place["run"] {
  return (world) => outcomeOf(world, name, { options });
}

const EXPIRES = "2999-01-01T00:00:00.000Z";

/** An instance with one job whose whole archive is wanted, and a repository that wants it. */
export async function makeWorld(locked: boolean): Promise<World> {
  const gitlab = await startGitLab({ knobs: { mergeabilityChecks: 0 } });
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["api"], role: "maintainer" });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [
      {
        name: "build",
        artifacts: {
          files: { acme: `acme of ${gitlab.url}\n`, more: { size: 3000, seed: 1 } },
          expireAt: EXPIRES,
        },
      },
    ],
  });
  const config = `export default { gitlab: ${JSON.stringify(gitlab.url)}, fetch: "require" };\n`;
  const cwd = makeRepository({ gitlab: gitlab.url, file: undefined }, { "artifacts.config.ts": config });
  const world = worldOf(gitlab, cwd);
  if (locked) {
    const { errors } = await outcomeOf(world, "lock");
    if (errors.length > 0) throw new Error("the world could not be locked", { cause: errors });
  }
  gitlab.forge("platform/acme").repository.commit("main", { files: { ...readFiles(cwd) } });
  return world;
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

/** Always as if for the first time. */
async function lock(world: World): Promise<Outcome> {
  const outcome = await outcomeOf(world, "lock");
  if (outcome.errors.length === 0) {
    for (const written of ["artifacts.lock.json", "nix"])
      rmSync(join(world.cwd, written), { recursive: true });
  }
  return outcome;
}

/** Always as if nobody had kept it, whatever came of the run before. */
async function keep(world: World): Promise<Outcome> {
  const lockfile = join(world.cwd, "artifacts.lock.json");
  const before = readFileSync(lockfile);
  for (const { artifacts } of world.gitlab.state.jobs.values()) {
    if (artifacts !== undefined) artifacts.expireAt = new Date(EXPIRES);
  }
  const outcome = await outcomeOf(world, "lock", { options: { keep: true } });
  if (outcome.errors.length === 0) writeFileSync(lockfile, before);
  return outcome;
}

/** On a machine where nobody has logged in. Nothing is kept of a token that GitLab did not confirm. */
async function login(world: World): Promise<Outcome> {
  const home = makeHome();
  const { context } = world;
  const typing = { ...world, context: { ...context, readInput: () => Promise.resolve(TOKEN) } };
  const outcome = await outcomeOf(typing, "auth-login", {
    names: [world.gitlab.url],
    options: { withToken: true, keepIn: "file" },
    env: { HOME: home.path },
  });
  const kept = Object.values(readFiles(home.path)).some((text) => text.includes(TOKEN));
  if (kept !== (outcome.errors.length === 0)) throw new Error("what is kept and the result disagree");
  return outcome;
}

/** Into a store that has nothing yet. */
async function fetch(world: World): Promise<Outcome> {
  const nix = await temporaryNix();
  try {
    const { PATH, NIX_REMOTE, NIX_CONF_DIR, NIX_USER_CONF_FILES, NIX_CONFIG } = nix.env;
    const env = {
      PATH: `${PATH}:${world.context.env["PATH"]}`,
      NIX_REMOTE,
      NIX_CONF_DIR,
      NIX_USER_CONF_FILES,
      NIX_CONFIG,
    };
    return await outcomeOf(world, "fetch", { options: { allSystems: true }, env });
  } finally {
    await nix.remove();
  }
}

/** Into a cache that then holds nothing, unless it holds all. */
async function publish(world: World): Promise<Outcome> {
  const cache = mkdtempSync(join(tmpdir(), "cache-"));
  const outcome = await outcomeOf(world, "publish", { options: { to: cache } });
  const published = readdirSync(cache).some((name) => name.endsWith(".narinfo"));
  if (published !== (outcome.errors.length === 0)) throw new Error("the cache and the result disagree");
  return outcome;
}

/** What Nix would show of the proxy's answer. */
async function askProxy(world: World): Promise<Outcome> {
  const cache = mkdtempSync(join(tmpdir(), "proxy-"));
  const stop = new AbortController();
  const options = { listen: ["127.0.0.1:0"], cache };
  const running = outcomeOf(world, "proxy", { options, signal: stop.signal });
  try {
    const { statusCode, body } = await request(`${await world.printed()}/sha256/${hexOf(world)}`);
    // Bytes that broke off after the head are told in the log only.
    const text = await body.bytes().then(
      (bytes) => (statusCode === 200 ? undefined : Buffer.from(bytes).toString()),
      () => world.shown(),
    );
    return text === undefined
      ? { errors: [], said: "" }
      : { errors: [new UserError("PROXY", text)], said: text };
  } finally {
    stop.abort();
    await running;
  }
}

/** The digest under which the proxy has what is locked. */
function hexOf({ cwd }: World): string {
  const file = "artifacts.lock.json";
  const { artifacts } = parseLock(readFiles(cwd)[file] ?? "", file);
  const hash = artifacts["acme"]?.systems["any"]?.hash ?? "";
  return Buffer.from(parseSri(hash)).toString("hex");
}
