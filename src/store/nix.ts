/** The only place that runs Nix. Arguments are passed as a list, never through a shell. */
import { execFile } from "node:child_process";
import { pipeline } from "node:stream/promises";
import { UserError } from "../errors.js";
import { parsePathInfos, type PathInfo } from "./path-info.js";

export interface Nix {
  /** Those of `paths` that the store does not have. */
  missing(paths: readonly string[], signal?: AbortSignal): Promise<Set<string>>;
  /**
   * Adds files to the store as fixed outputs under their base names. Each is added completely or not at all.
   *
   * @param files absolute paths
   * @param method `flat` for the bytes of a file, `nar` to keep its executable bit
   * @returns their store paths, in the same order
   */
  addFixed(files: readonly string[], method: "flat" | "nar", signal?: AbortSignal): Promise<string[]>;
  /** Asks the substituters that Nix is configured with for store paths. Which of them came, `missing` tells afterwards. */
  substitute(paths: readonly string[], signal?: AbortSignal): Promise<void>;
  /** What the store knows of valid paths and of all that they refer to, directly or not. */
  closure(paths: readonly string[], signal?: AbortSignal): Promise<PathInfo[]>;
  /** Output paths of a valid derivation. */
  outputs(derivation: string, signal?: AbortSignal): Promise<string[]>;
  /** Makes `link` a symbolic link to a valid path and registers it, so that the path is no garbage while the link is there. */
  addRoot(path: string, link: string, signal?: AbortSignal): Promise<void>;
  /**
   * Unpacks a NAR to `path`, which must not exist. Nix does it, so that names that differ only in case survive on macOS.
   * What `nar` throws passes through; a part of the tree may then be there.
   */
  restore(nar: AsyncIterable<Uint8Array>, path: string, signal?: AbortSignal): Promise<void>;
}

export interface NixOptions {
  /** The environment of this process; what Nix has no business with is not passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What Nix may see of the environment: no token has a name like these. */
const PASSED_ON = /^(PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_[A-Z]+|XDG_[A-Z_]+|NIX_(?!ARTIFACTS_)[A-Z_]+)$/;
/** Stays far below the 2 MiB that Linux allows for all arguments. */
const PATHS_PER_CALL = 5_000;
const SHOWN_OF_STDERR = 2_000;
const NIX_FAILED = "NIX_FAILED";
const HINT = "`nix-store --version` and `ls -ld /nix/store` tell whether Nix works for this user";
/** By what Nix says. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /cannot connect to (socket|daemon)/,
    "start the daemon: `sudo systemctl start nix-daemon`, on macOS `sudo launchctl kickstart -k system/org.nixos.nix-daemon`",
  ],
  [/No space left on device|database or disk is full/, "free some space: `nix-collect-garbage`"],
  [
    /Read-only file system|remounting .* writable|read-?only database|Permission denied/,
    "the store must be one that this user may write, or have a running daemon: `ls -ld /nix/store` and `nix-store --version`",
  ],
];
const MAX_OUTPUT = 64 * 1024 * 1024;

/**
 * Nix on this machine, as the current user.
 *
 * The methods throw a `UserError` when there is no Nix (`NIX_MISSING`) or when it fails (`NIX_FAILED`, with what it said).
 */
export function createNix({ env }: NixOptions): Nix {
  const childEnv = Object.fromEntries(Object.entries(env).filter(([name]) => PASSED_ON.test(name)));

  return {
    async missing(paths, signal) {
      const missing = new Set<string>();
      for (const some of batches(paths)) {
        const invalid = await nixStore(["--check-validity", "--print-invalid", ...some], signal);
        for (const path of invalid) missing.add(path);
      }
      return missing;
    },
    async addFixed(files, method, signal) {
      const recursive = method === "nar" ? ["--recursive"] : [];
      const added: string[] = [];
      for (const some of batches(files)) {
        added.push(...(await nixStore(["--add-fixed", ...recursive, "sha256", ...some], signal)));
      }
      return added;
    },
    async substitute(paths, signal) {
      for (const some of batches(paths)) {
        // Nix also fails when it brought all but one.
        await nixStore(["--realise", "--keep-going", ...some], signal).catch(unlessNixFailed);
      }
    },
    async closure(paths, signal) {
      const infos = new Map<string, PathInfo>();
      for (const some of batches(paths)) {
        for (const info of parsePathInfos(await pathInfo(some, signal))) infos.set(info.path, info);
      }
      return [...infos.values()];
    },
    outputs: (derivation, signal) => nixStore(["--query", "--outputs", derivation], signal),
    async addRoot(path, link, signal) {
      await nixStore(["--realise", path, "--add-root", link, "--indirect"], signal);
    },
    async restore(nar, path, signal) {
      await run("nix-store", ["--restore", path], { env: childEnv, signal, input: nar });
    },
  };

  /** Nix 2.34 wants to be told which format, and 2.26 does not know the question. */
  async function pathInfo(paths: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const features = ["--extra-experimental-features", "nix-command"];
    const ask = async (format: readonly string[]) => {
      const args = ["path-info", ...features, "--json", ...format, "--recursive", ...paths];
      return (await run("nix", args, { env: childEnv, signal })).join("\n");
    };
    try {
      return await ask(["--json-format", "1"]);
    } catch (error) {
      if (!(error instanceof UserError) || !error.message.includes("--json-format")) throw error;
      return ask([]);
    }
  }

  function nixStore(args: readonly string[], signal: AbortSignal | undefined): Promise<string[]> {
    return run("nix-store", args, { env: childEnv, signal });
  }
}

function unlessNixFailed(error: unknown): void {
  if (!(error instanceof UserError) || error.code !== NIX_FAILED) throw error;
}

function* batches(items: readonly string[]): Iterable<readonly string[]> {
  for (let start = 0; start < items.length; start += PATHS_PER_CALL) {
    yield items.slice(start, start + PATHS_PER_CALL);
  }
}

interface RunOptions {
  readonly env: Record<string, string | undefined>;
  readonly signal: AbortSignal | undefined;
  readonly input?: AsyncIterable<Uint8Array>;
}

/** The lines that a program prints. */
async function run(program: string, args: readonly string[], options: RunOptions): Promise<string[]> {
  const { env, signal, input } = options;
  let fed: Promise<void> = Promise.resolve();
  const printed = new Promise<string[]>((resolve, reject) => {
    const child = execFile(program, args, { env, signal, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.split("\n").filter((line) => line !== ""));
      else if (signal?.aborted === true)
        reject(signal.reason as Error); // the reason is whatever the caller gave
      else if (error.code === "ENOENT") reject(nixMissing(program));
      else reject(nixFailed(`${program} ${args[0] ?? ""}`, error.code, stderr));
    });
    if (input !== undefined && child.stdin !== null) fed = pipeline(input, child.stdin);
  });
  const [feeding, printing] = await Promise.allSettled([fed, printed]);
  // When the program ended first, what it said is the reason; else it only stopped because its input did.
  if (feeding.status === "rejected" && !endedFirst(feeding.reason)) throw feeding.reason;
  if (printing.status === "rejected") throw printing.reason;
  return printing.value;
}

function endedFirst(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EPIPE" || code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE";
}

function nixMissing(program: string): UserError {
  return new UserError("NIX_MISSING", `${program} is not in PATH, but this needs Nix`, {
    hint: "install Nix: https://nixos.org/download, or on Debian and Ubuntu `sudo apt install nix-bin`",
  });
}

function nixFailed(command: string, code: unknown, stderr: string): UserError {
  const said = stderr.trim();
  const shown = said.length > SHOWN_OF_STDERR ? `… ${said.slice(-SHOWN_OF_STDERR)}` : said;
  return new UserError(NIX_FAILED, `${command} failed (${String(code)}):\n${shown || "it said nothing"}`, {
    hint: HINTS.find(([words]) => words.test(said))?.[1] ?? HINT,
  });
}
