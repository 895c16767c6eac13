/** Watches all processes of the machine for a text that must not be in their command lines or environments. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessWatch {
  /** Command lines of processes that held the text. */
  seen(): readonly string[];
  stop(): void;
}

export interface WatchOptions {
  /** Whose environment may hold the text, by command line. Without it, environments are not looked at. */
  readonly mayHold?: RegExp;
}

const INTERVAL_MS = 10;

export function watchProcesses(text: string, { mayHold }: WatchOptions = {}): ProcessWatch {
  const seen = new Set<string>();
  /** An environment stays as it is until a process becomes another program. */
  const looked = new Map<string, string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const line = read(pid, "cmdline");
      if (line.includes(text)) seen.add(line);
      if (mayHold?.test(line) !== false || line === "" || looked.get(pid) === line) continue;
      const environment = read(pid, "environ");
      // Between fork and exec a process shows one program's line and another's environment.
      if (read(pid, "cmdline") !== line) continue;
      looked.set(pid, line);
      if (environment.includes(text)) seen.add(`environment of ${line}`);
    }
  }, INTERVAL_MS);
  return { seen: () => [...seen], stop: () => clearInterval(timer) };
}

function read(pid: string, what: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has ended
  }
}
