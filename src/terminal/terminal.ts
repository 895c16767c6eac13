/** What commands may say while they run: warnings, notes, and the progress of downloads. All of it goes to stderr. */
import type { Style } from "./style.js";

export interface Transfer {
  /** What is being received, for people: `acme-cli (x86_64-linux)`. */
  readonly label: string;
  /** Bytes so far. */
  readonly received: number;
  /** Bytes in all, if the server said. */
  readonly total: number | undefined;
}

export interface Terminal {
  /** Something that the user should know and that fails nothing. Shown unless --quiet. */
  warn(message: string): void;
  /** A line of a service's log. Shown unless --quiet. */
  log(line: string): void;
  /** A detail, shown with --verbose. */
  detail(message: string): void;
  /** A step that has begun ("resolving 12 artifacts"); replaced by the next one. Only on a terminal. */
  step(message: string): void;
  /** The state of one download; only on a terminal. `transferred` ends it. */
  transfer(transfer: Transfer): void;
  transferred(label: string): void;
  /** Removes what `step` and `transfer` left on the screen. */
  clear(): void;
}

export interface TerminalOptions {
  readonly stream: NodeJS.WriteStream;
  readonly style: Style;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

const REDRAW_MS = 80;

export function createTerminal({ stream, style, quiet, verbose, now = Date.now }: TerminalOptions): Terminal {
  const live = stream.isTTY && !quiet;
  const running = new Map<string, { transfer: Transfer; since: number }>();
  let heading = "";
  let shown = false;
  let drawnAt = 0;

  const clear = () => {
    if (shown) stream.write("\r\u001B[K");
    shown = false;
  };
  const draw = () => {
    if (!live) return;
    const line = statusLine(heading, [...running.values()], now());
    stream.write(`\r\u001B[K${line.slice(0, Math.max(20, stream.columns - 1))}`);
    shown = true;
    drawnAt = now();
  };
  const say = (line: string) => {
    clear();
    stream.write(`${line}\n`);
  };

  return {
    warn: (message) => (quiet ? undefined : say(`${style("yellow", "warning")} ${message}`)),
    log: (line) => (quiet ? undefined : say(line)),
    detail: (message) => (verbose ? say(style("dim", message)) : undefined),
    step(message) {
      heading = message;
      draw();
    },
    transfer(transfer) {
      const since = running.get(transfer.label)?.since ?? now();
      running.set(transfer.label, { transfer, since });
      if (now() - drawnAt >= REDRAW_MS) draw();
    },
    transferred(label) {
      running.delete(label);
    },
    clear,
  };
}

function statusLine(
  heading: string,
  running: readonly { transfer: Transfer; since: number }[],
  now: number,
): string {
  const [first] = running;
  if (first === undefined) return heading;
  const { transfer, since } = first;
  const seconds = Math.max((now - since) / 1000, 0.001);
  const share = transfer.total === undefined ? "" : ` of ${formatBytes(transfer.total)}`;
  const others = running.length > 1 ? `, and ${running.length - 1} more` : "";
  return `${transfer.label}  ${formatBytes(transfer.received)}${share}  ${formatBytes(transfer.received / seconds)}/s${others}`;
}

/** 0 B, 999 B, 1.5 KiB, 12 MiB: binary units, two significant digits below ten. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}
