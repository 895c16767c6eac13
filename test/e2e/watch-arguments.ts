/** Watches the command lines of all processes of the machine for a text that must not be there. */
import { readdirSync, readFileSync } from "node:fs";

export interface ArgumentWatch {
  /** Command lines that held the text. */
  seen(): readonly string[];
  stop(): void;
}

const INTERVAL_MS = 5;

export function watchArguments(text: string): ArgumentWatch {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const line = commandLine(pid);
      if (line.includes(text)) seen.add(line);
    }
  }, INTERVAL_MS);
  return { seen: () => [...seen], stop: () => clearInterval(timer) };
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has ended
  }
}
