/** Runs the command line on a pseudo-terminal, as a person does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { CLI, type CliOptions } from "./run-cli.js";

export interface TerminalOptions extends Pick<CliOptions, "cwd" | "env"> {
  /** What the person types once there is a question. */
  readonly type: string;
}

/** Everything that stands on the screen at the end. `artifacts` in the command is ours. */
export async function onTerminal(command: string, { cwd, env, type }: TerminalOptions): Promise<string> {
  const line = command.replace(/^artifacts/, `'${process.execPath}' '${CLI}'`);
  const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
    cwd,
    env: { ...env, TERM: "dumb" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    if (text.includes("[y/N]")) child.stdin.write(type);
  });
  await once(child, "close");
  return shown;
}
