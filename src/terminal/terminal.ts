/** What commands may say while they run: warnings, notes, and the progress of downloads. All of it goes to stderr. */
import { createLiveArea } from "./live-area.js";
import { printable, printableLines } from "./printable.js";
import { createProgress, type Transfer, type TransferPlan } from "./progress.js";
import type { Style } from "./style.js";

export interface Terminal {
  /** Something that the user should know and that fails nothing. Shown unless --quiet. */
  warn(message: string): void;
  /** A line of a service's log. Shown unless --quiet. */
  log(line: string): void;
  /** A detail, shown with --verbose. */
  detail(message: string): void;
  /** A step that has begun ("resolving 12 artifacts"); replaced by the next one. Only on a terminal. */
  step(message: string): void;
  /** What will be received, in a step of its own. */
  plan(plan: TransferPlan): void;
  /** The state of one download; `transferred` ends it. Where nothing can be drawn over, downloads are told of now and then. */
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
  /** Whether lines can be drawn over; default: where `stream` is a terminal. */
  readonly redraws?: boolean;
}

const REDRAW_MS = 100;
/** For logs: seldom enough to be read, often enough for a CI that ends jobs which say nothing. */
const TELL_MS = 10_000;
const LOG_COLUMNS = 100;

export function createTerminal(options: TerminalOptions): Terminal {
  const { stream, style, quiet, verbose, redraws = stream.isTTY } = options;
  const area = createLiveArea(stream);
  const progress = createProgress(Date.now);
  let heading: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  const draw = () => {
    const lines = heading === undefined ? progress.lines(area.columns(), area.rows()) : [heading];
    area.draw(lines.map(printable));
  };
  const tell = () => {
    for (const line of progress.lines(LOG_COLUMNS, Infinity)) stream.write(`${printable(line)}\n`);
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const say = (line: string) => {
    area.clear();
    stream.write(`${line}\n`);
  };
  const show = (next: string | undefined) => {
    heading = next;
    if (redraws && !quiet) draw();
  };

  return {
    warn: (message) => (quiet ? undefined : say(`${style("yellow", "warning")} ${printableLines(message)}`)),
    log: (line) => (quiet ? undefined : say(printableLines(line))),
    detail: (message) => (verbose ? say(style("dim", printableLines(message))) : undefined),
    step: show,
    plan(plan) {
      progress.plan(plan);
      show(undefined);
    },
    transfer(transfer) {
      if (quiet) return;
      progress.set(transfer);
      heading = undefined;
      timer ??= setInterval(redraws ? draw : tell, redraws ? REDRAW_MS : TELL_MS).unref();
    },
    transferred(label) {
      progress.end(label);
      if (progress.running() === 0) stop();
    },
    clear() {
      stop();
      area.clear();
    },
  };
}
