import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { CLI } from "./run-cli.js";

export interface ProxyProcess {
  readonly child: ChildProcess;
  /** Of the first address that it listens on. */
  readonly url: string;
  /** Everything that it has written on stderr so far. */
  said(): string;
}

export interface ProxyPlace {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the process is noted, so that the test ends it. */
  readonly children: ChildProcess[];
}

/** Starts `artifacts proxy`; resolves when it serves. */
export async function startProxyProcess(
  args: readonly string[],
  { cwd, env = {}, children }: ProxyPlace,
): Promise<ProxyProcess> {
  const child = spawn(process.execPath, [CLI, "proxy", ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const lines: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (line: string) => lines.push(line));
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const url = /https?:\/\/\d+\.\d+\.\d+\.\d+:\d+/.exec(String(line))?.[0] ?? "nowhere";
  return { child, url, said: () => lines.join("") };
}

/** Ends what a test has started, and waits for it. */
export async function endAll(children: ChildProcess[]): Promise<void> {
  for (const child of children.splice(0)) {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}
