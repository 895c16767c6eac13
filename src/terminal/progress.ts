/** The state of a run's downloads → lines for people: one for each that is running, and one for all. */
import { createMeter, type Meter } from "./meter.js";
import { formatBytes, formatDuration } from "./quantities.js";

export interface Transfer {
  /** What is being received, for people: `acme-cli (x86_64-linux)`. Each has its own. */
  readonly label: string;
  /** Bytes so far. */
  readonly received: number;
  /** Bytes in all, if the server said. */
  readonly total: number | undefined;
}

/** What a run is about to receive. */
export interface TransferPlan {
  readonly downloads: number;
  /** Bytes of all of them, as far as they are known before; undefined when those of some are not. */
  readonly bytes: number | undefined;
  /** How many there is nothing to receive for. */
  readonly unchanged: number;
}

export interface Progress {
  /** May be told again when there is more to receive. */
  plan(plan: TransferPlan): void;
  set(transfer: Transfer): void;
  end(label: string): void;
  /** How many are running. */
  running(): number;
  /** @returns lines of at most `columns` characters, at most `rows` of them; the last one is of all downloads */
  lines(columns: number, rows: number): string[];
}

interface Running {
  readonly transfer: Transfer;
  readonly meter: Meter;
}

/** @param now clock in milliseconds */
export function createProgress(now: () => number): Progress {
  const running = new Map<string, Running>();
  const all = createMeter(now);
  let planned: TransferPlan | undefined;
  let done = { downloads: 0, bytes: 0 };

  const received = () =>
    [...running.values()].reduce((bytes, { transfer }) => bytes + transfer.received, done.bytes);

  return {
    plan(plan) {
      planned = plan;
    },
    set(transfer) {
      const meter = running.get(transfer.label)?.meter ?? createMeter(now);
      meter.set(transfer.received);
      running.set(transfer.label, { transfer, meter });
      all.set(received());
    },
    end(label) {
      const bytes = running.get(label)?.transfer.received ?? 0;
      if (running.delete(label)) done = { downloads: done.downloads + 1, bytes: done.bytes + bytes };
    },
    running: () => running.size,
    lines(columns, rows) {
      const shown = [...running.values()].slice(0, Math.max(0, rows - 1));
      const hidden = running.size - shown.length;
      const sum = { ...done, received: received(), rate: all.rate(), hidden };
      const total = fitting(totalParts(planned, sum), shortTotalParts(planned, sum), {
        columns,
        separator: ", ",
      });
      return [...table(shown, columns), total];
    },
  };
}

/** Labels give way to numbers, down to as many characters. */
const SHORTEST_LABEL = 12;

/** A line for each, with the numbers below one another. */
function table(shown: readonly Running[], columns: number): string[] {
  const numbers = shown.map((one) => numbersOf(one, columns - SHORTEST_LABEL - 2));
  const labels = Math.max(0, ...shown.map(({ transfer }) => transfer.label.length));
  const room = columns - Math.max(0, ...numbers.map(({ length }) => length)) - 2;
  const width = Math.max(0, Math.min(labels, room));
  return shown.map(({ transfer: { label } }, at) =>
    `${clipped(label, width).padEnd(width)}  ${numbers[at]}`.slice(0, columns),
  );
}

function numbersOf({ transfer: { received, total }, meter }: Running, columns: number): string {
  const pace = paceParts(meter.rate(), (total ?? NaN) - received);
  const share = total === undefined ? "" : ` of ${formatBytes(total)}`;
  const size = formatBytes(received);
  const short = [size, ...pace.map((part) => part.replace(/ left$/, ""))];
  return fitting([`${size}${share}`, ...pace], short, { columns, separator: "  " });
}

interface Sum {
  readonly downloads: number;
  readonly received: number;
  readonly rate: number | undefined;
  /** Downloads that run and have no line. */
  readonly hidden: number;
}

function totalParts(plan: TransferPlan | undefined, { downloads, received, rate, hidden }: Sum): string[] {
  const more = hidden === 0 ? [] : [`${hidden} more running`];
  if (plan === undefined) return [...more, formatBytes(received), ...paceParts(rate, NaN)];
  const bytes = bytesOf(plan, received);
  return [
    ...more,
    `${downloads} of ${plan.downloads} downloaded`,
    `${formatBytes(received)}${bytes === undefined ? "" : ` of ${formatBytes(bytes)}`}`,
    ...paceParts(rate, (bytes ?? NaN) - received),
    ...(plan.unchanged === 0 ? [] : [`${plan.unchanged} unchanged`]),
  ];
}

/** What of it people look at in a narrow window: how far, how fast and how long still. */
function shortTotalParts(plan: TransferPlan | undefined, { downloads, received, rate }: Sum): string[] {
  const left = ((plan && bytesOf(plan, received)) ?? NaN) - received;
  const count = plan === undefined ? [] : [`${downloads} of ${plan.downloads}`];
  return [...count, formatBytes(received), ...paceParts(rate, left)];
}

/** Of all downloads; undefined when that is not known, or was wrong. */
function bytesOf({ bytes }: TransferPlan, received: number): number | undefined {
  return bytes === undefined || bytes < received ? undefined : bytes;
}

/** @param left bytes; NaN when they are not known */
function paceParts(rate: number | undefined, left: number): string[] {
  if (rate === undefined) return [];
  if (rate === 0) return ["stalled"];
  return [`${formatBytes(rate)}/s`, ...(left > 0 ? [`${formatDuration(left / rate)} left`] : [])];
}

interface Line {
  readonly columns: number;
  readonly separator: string;
}

/** All of the parts where there is room for them, or else as many of the short ones, at least the first. */
function fitting(parts: readonly string[], short: readonly string[], { columns, separator }: Line): string {
  const whole = parts.join(separator);
  if (whole.length <= columns) return whole;
  let line = short[0] ?? "";
  for (const part of short.slice(1)) {
    if (line.length + separator.length + part.length > columns) break;
    line += `${separator}${part}`;
  }
  return line.slice(0, Math.max(0, columns));
}

function clipped(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}
