/** The only place that runs Nix. Arguments are passed as a list, never through a shell. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { UserError } from "../errors.js";
import { NIX_FAILED, nixFailed, nixNotStarted } from "./nix-error.js";
import { parsePathInfos, type PathInfo } from "./path-info.js";
import { storeAccess, type StoreAccess } from "./store-access.js";
import type { Transport } from "./daemon/connection.js";
import { childTransport } from "./daemon/transport.js";

export interface Nix {
  /** Those of `paths` that the store does not have. */
  missing(paths: readonly string[], signal?: AbortSignal): Promise<Set<string>>;
  /**
   * Adds a file to the store as a fixed output under its base name, completely or not at all.
   *
   * @param file absolute path
   * @param method `flat` for the bytes of a file, `nar` to keep its executable bit
   */
  addFixed(file: string, method: "flat" | "nar", signal?: AbortSignal): Promise<void>;
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
  /** How Nix reaches the store; it was reached. */
  access(signal?: AbortSignal): Promise<StoreAccess>;
  /** Starts a daemon that serves the store to us alone, for as long as its input is open. */
  daemon(): Promise<Transport>;
}

export interface NixOptions {
  /** The environment of this process; what Nix has no business with is not passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What Nix may see of the environment: no token has a name like these. */
const PASSED_ON = /^(PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_[A-Z]+|XDG_[A-Z_]+|NIX_(?!ARTIFACTS_)[A-Z_]+)$/;
/** Stays far below the 2 MiB that Linux allows for all arguments. */
const PATHS_PER_CALL = 5_000;
const COMMANDS = ["--extra-experimental-features", "nix-command"];
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
    async addFixed(file, method, signal) {
      const recursive = method === "nar" ? ["--recursive"] : [];
      await nixStore(["--add-fixed", ...recursive, "sha256", file], signal);
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
    async access(signal) {
      const { stdout, stderr } = await output("nix", ["store", "ping", ...COMMANDS], {
        env: childEnv,
        signal,
      });
      return storeAccess(`${stdout}\n${stderr}`, childEnv); // which of them has changed
    },
    async daemon() {
      const child = spawn("nix-daemon", ["--stdio"], { env: childEnv, stdio: "pipe" });
      // Where the system has no more files to open, there are no streams either.
      await once(child, "spawn").catch((cause: Error) => {
        throw nixNotStarted("nix-daemon", cause);
      });
      return childTransport(child);
    },
  };

  /** Nix 2.34 wants to be told which format, and 2.26 does not know the question. */
  async function pathInfo(paths: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const ask = async (format: readonly string[]) => {
      const args = ["path-info", ...COMMANDS, "--json", ...format, "--recursive", ...paths];
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

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** The lines that a program prints. */
async function run(program: string, args: readonly string[], options: RunOptions): Promise<string[]> {
  const { stdout } = await output(program, args, options);
  return stdout.split("\n").filter((line) => line !== "");
}

async function output(program: string, args: readonly string[], options: RunOptions): Promise<Output> {
  const { env, signal, input } = options;
  let fed: Promise<void> = Promise.resolve();
  const printed = new Promise<Output>((resolve, reject) => {
    const child = execFile(program, args, { env, signal, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else if (signal?.aborted === true)
        reject(signal.reason as Error); // the reason is whatever the caller gave
      else if (child.pid === undefined) reject(nixNotStarted(program, error));
      else reject(nixFailed(`${program} ${args[0] ?? ""} failed (${String(error.code)})`, stderr));
    });
    if (input !== undefined && child.pid !== undefined && child.stdin !== null)
      fed = pipeline(input, child.stdin);
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
