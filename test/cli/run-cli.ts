/** Runs the built command line as a user does: another process, its own environment, a real exit code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** What commands remember of one another belongs to the test file, not to the machine. */
const STATE = mkdtempSync(join(tmpdir(), "state-"));

/** What the command line has of the test's environment, and nothing else. What it leaves in TMPDIR goes with the run. */
export function inherited(): Record<string, string> {
  const { PATH = "", HOME = "/tmp" } = process.env;
  return { PATH, HOME, TMPDIR: tmpdir(), XDG_STATE_HOME: STATE };
}

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  /** Variables besides the inherited ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; nothing by default. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Called with the process once it runs. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  if (!existsSync(CLI)) throw new Error("dist/cli.js is missing; run: npm run build");
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd,
    env: { ...inherited(), ...options.env },
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // it need not read
  child.stdin.end(options.input ?? "");
  options.onStart?.(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
