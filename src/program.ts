/**
 * BESIDE the pipeline: runs a program of the user's machine, with bounds. It gets its arguments as a list, never through a
 * shell, and dies with everything that it started when it takes too long or says too much.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

export interface ProgramOptions {
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads on stdin. */
  readonly input?: string;
  /** Where it runs. Not in a repository, when the repository must have no say. */
  readonly cwd?: string;
  readonly timeoutMs: number;
  /** Bytes that each of stdout and stderr may have. */
  readonly maxBytes?: number;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was ended by us; undefined when it ended by itself. */
  readonly ended: "timeout" | "flood" | undefined;
}

const DEFAULT_MAX_BYTES = 256 * 1024;
const LAST_WORDS_MS = 200;

/** Runs to the end. Undefined when there is no such program. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<Finished | undefined> {
  const { env, input = "", cwd = "/", timeoutMs, maxBytes = DEFAULT_MAX_BYTES } = options;
  return new Promise((resolve) => {
    // A process group of its own, so that what it started can be ended with it.
    const child = spawn(program, args, { env, cwd, detached: true, stdio: "pipe" });
    child.once("error", () => resolve(undefined));
    if (child.pid === undefined) return; // where the system has no more files to open, there are no streams either
    let ended: Finished["ended"];
    const end = (reason: NonNullable<Finished["ended"]>) => {
      ended ??= reason;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => end("timeout"), timeoutMs);
    const stdout = collect(child.stdout, maxBytes, () => end("flood"));
    const stderr = collect(child.stderr, maxBytes, () => end("flood"));
    const finish = (code: number | null) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, stdout: stdout(), stderr: stderr(), ended });
    };
    child.once("close", finish);
    // What it left running may hold its streams open; its own words have arrived a moment after its end.
    child.once("exit", (code) => setTimeout(finish, LAST_WORDS_MS, code).unref());
    child.stdin.on("error", () => {}); // it need not read
    child.stdin.end(input);
  });
}

function collect(stream: NodeJS.ReadableStream, maxBytes: number, onFlood: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) onFlood();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it is gone
  }
}

export interface ForegroundOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where its stdout goes. */
  readonly stdout: "stdout" | "stderr";
  /** Aborted with the name of the signal that we got. Ctrl-C reaches the program, too, as the terminal sends it to both. */
  readonly signal: AbortSignal;
}

/**
 * Runs a program in our place: on our terminal and without bounds. What a signal ends is for it to decide.
 *
 * @returns its exit code, 128 and the signal's number when a signal ended it; undefined when there is no such program
 */
export function runInForeground(
  program: string,
  args: readonly string[],
  { env, cwd, stdout, signal }: ForegroundOptions,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: ["inherit", stdout === "stdout" ? 1 : 2, 2] });
    const end = () => signal.reason === "SIGTERM" && child.kill("SIGTERM");
    signal.addEventListener("abort", end, { once: true });
    child.once("error", (error) => {
      signal.removeEventListener("abort", end);
      if ("code" in error && error.code === "ENOENT") resolve(undefined);
      else reject(error);
    });
    child.once("close", (code, ended) => {
      signal.removeEventListener("abort", end);
      resolve(code ?? 128 + (ended === null ? 0 : constants.signals[ended]));
    });
  });
}
