/** Runs the demo's commands in a shell, as a person would type them, and prints what they would see. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { getuid } from "node:process";
import { fileURLToPath } from "node:url";
import { HOST_VARIABLES } from "../credentials/unbound.js";
import { UserError } from "../errors.js";

const CLI = fileURLToPath(new URL("../cli.js", import.meta.url));

export interface Shell {
  say(what: string): Promise<void>;
  /** Prints the command and its output; returns its stdout. Throws DEMO_FAILED when it does not end as expected. */
  run(command: string, options?: { token?: boolean; fails?: boolean }): Promise<string>;
  /** Runs a command without showing it. */
  capture(command: string): Promise<string>;
  /** Starts a service with the token in its environment; its output goes to `log`. */
  start(command: string, log: string): ChildProcess;
}

interface ShellOptions {
  readonly directory: string;
  readonly token: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

export async function createShell(options: ShellOptions): Promise<Shell> {
  const { print, directory: cwd, signal } = options;
  const plain = plainEnvironment(options.env);
  const withToken = { ...plain, GITLAB_TOKEN: options.token };

  async function execute(command: string, env: NodeJS.ProcessEnv, show: boolean) {
    const child = spawn("sh", ["-c", withFunctions(command)], {
      cwd,
      env,
      signal,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (show) print(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (show) print(text);
    });
    const [code] = (await once(child, "close")) as [number | null]; // node:child_process, event "close"
    return { code, stdout, stderr };
  }

  return {
    async say(what) {
      print(`\n# ${what}\n`);
    },
    async run(command, { token = false, fails = false } = {}) {
      print(`$ ${command}\n`);
      const { code, stdout } = await execute(command, token ? withToken : plain, true);
      if ((code !== 0) === fails) return stdout;
      throw new UserError("DEMO_FAILED", `\`${command}\` ended with exit code ${code}`);
    },
    async capture(command) {
      const { code, stdout, stderr } = await execute(command, plain, false);
      if (code === 0) return stdout.trim();
      throw new UserError("DEMO_FAILED", `\`${command}\` ended with exit code ${code}: ${stderr.trim()}`);
    },
    start(command, log) {
      print(`$ ${command} &\n`);
      const file = openSync(log, "w");
      const words = command.split(" ").slice(1);
      return spawn(process.execPath, [CLI, ...words], { cwd, env: withToken, stdio: ["ignore", file, file] });
    },
  };
}

/** `artifacts` is this program, installed or not. */
function withFunctions(command: string): string {
  return `artifacts() { "${process.execPath}" "${CLI}" "$@"; }\n${command}`;
}

/**
 * No other GitLab than the demo's. Root, in a container as a rule, needs neither build users nor a sandbox for the demo, and no cache is
 * asked, so that nothing is shown but what the demo is about.
 */
function plainEnvironment(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const hosts: readonly string[] = HOST_VARIABLES;
  const plain = Object.fromEntries(Object.entries(env).filter(([name]) => !hosts.includes(name)));
  if (getuid?.() !== 0) return plain;
  const settings = ["build-users-group =", "sandbox = false", "substituters ="];
  return { ...plain, NIX_CONFIG: [env["NIX_CONFIG"] ?? "", ...settings].join("\n") };
}
