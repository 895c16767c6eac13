import { pino } from "pino";

/** One thing that happened in the proxy. Holds no secret and no query string. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly event:
    | "listening"
    | "served"
    | "refused"
    | "denied"
    | "failed"
    | "aborted"
    | "closed"
    | "reloaded"
    | "kept-old-lock"
    | "dropped-lock"
    | "damaged"
    | "evicted"
    | "not-kept"
    | "token-ends"
    | "handshake-failed"
    | "too-many-connections"
    | "not-accepted"
    | "renewed-certificate"
    | "kept-old-certificate";
  readonly [field: string]: string | number;
}

export type Log = (entry: LogEntry) => void;

/** How a line is written: for people and `grep`, or for collectors of logs. */
export const LOG_FORMATS = {
  text:
    (write: Write): Log =>
    (entry) =>
      write(formatLogEntry(entry)),
  json: jsonLog,
} as const satisfies Record<string, (write: Write) => Log>;

type Write = (line: string) => void;

/** One JSON object a line, with its time. */
function jsonLog(write: Write): Log {
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  } as const;
  const logger = pino(options, { write: (line) => write(line.trimEnd()) });
  return ({ level, ...fields }) => logger[level](fields);
}

/** One line of `key=value`, in which anything but plain text is quoted as in JSON, whatever a client has put into it. */
export function formatLogEntry(entry: Readonly<Record<string, string | number>>): string {
  return Object.entries(entry)
    .map(([key, value]) => `${key}=${formatValue(String(value))}`)
    .join(" ");
}

function formatValue(value: string): string {
  if (/^[\w./:@%+,-]+$/.test(value)) return value;
  return JSON.stringify(value).replace(/[^ -~]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
