/** Runs the command line on a pseudo-terminal, as a person does. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createScreen, type Screen } from "../terminal/screen.js";
import { CLI, type CliOptions, inherited } from "./run-cli.js";

export interface TerminalOptions extends Pick<CliOptions, "cwd" | "env"> {
  readonly columns?: number;
  readonly rows?: number;
  /** What the person types once there is a question. */
  readonly type?: string;
}

/** A window in which a command runs. */
export interface Window {
  readonly screen: Screen;
  /** Everything that was written to it. */
  readonly text: () => string;
  readonly type: (keys: string) => void;
  /** Its person makes it wider or narrower. */
  readonly resize: (columns: number) => Promise<void>;
  /** The exit code; 128 and the number of a signal that ended the command. */
  readonly ended: Promise<number | null>;
}

/** `artifacts` in the command is ours. */
export function openWindow(command: string, options: TerminalOptions): Window {
  const { cwd, env, columns = 80, rows = 24, type } = options;
  const device = join(mkdtempSync(join(tmpdir(), "window-")), "device");
  const line = command.replaceAll(/\bartifacts(?= )/g, `'${process.execPath}' '${CLI}'`);
  const sized = `stty columns ${columns} rows ${rows}; tty > '${device}'; ${line}`;
  const child = spawn("script", ["--quiet", "--return", "--command", sized, "/dev/null"], {
    cwd,
    env: { ...inherited(), TERM: "xterm-256color", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const screen = createScreen(columns, rows);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    screen.write(part);
    if (type !== undefined && part.includes("[y/N]")) child.stdin.write(type);
  });
  return {
    screen,
    text: () => text,
    type: (keys) => void child.stdin.write(keys),
    async resize(next) {
      execFileSync("stty", ["-F", readFileSync(device, "utf8").trim(), "columns", String(next)]);
      await screen.resize(next);
    },
    ended: once(child, "close").then(([code]) => code as number | null), // what the event carries
  };
}

/** Everything that stands on the screen at the end, if the person answers a question by `type`. */
export async function onTerminal(
  command: string,
  { env, ...options }: TerminalOptions & { readonly type: string },
): Promise<string> {
  const window = openWindow(command, { ...options, env: { ...env, TERM: "dumb" } });
  await window.ended;
  return window.text();
}
