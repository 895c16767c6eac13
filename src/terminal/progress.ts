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
      const labels = Math.max(0, ...shown.map(({ transfer }) => transfer.label.length));
      const own = shown.map((one) => lineOf(one, { columns, labels }));
      const total = totalParts(planned, { ...done, received: received(), rate: all.rate() });
      const hidden = running.size - shown.length;
      return [...own, fitting([...(hidden > 0 ? [`${hidden} more running`] : []), ...total], columns, ", ")];
    },
  };
}

interface Room {
  readonly columns: number;
  /** Characters of the longest label. */
  readonly labels: number;
}

/** Labels give way to numbers, down to as many characters. */
const SHORTEST_LABEL = 12;

function lineOf({ transfer, meter }: Running, { columns, labels }: Room): string {
  const { label, received, total } = transfer;
  const share = total === undefined ? "" : ` of ${formatBytes(total)}`;
  const parts = [`${formatBytes(received)}${share}`, ...paceParts(meter.rate(), (total ?? NaN) - received)];
  const numbers = fitting(parts, columns - SHORTEST_LABEL - 2, "  ");
  const width = Math.max(0, Math.min(labels, columns - numbers.length - 2));
  return `${clipped(label, width).padEnd(width)}  ${numbers}`.slice(0, columns);
}

interface Sum {
  readonly downloads: number;
  readonly received: number;
  readonly rate: number | undefined;
}

function totalParts(plan: TransferPlan | undefined, { downloads, received, rate }: Sum): string[] {
  if (plan === undefined) return [formatBytes(received), ...paceParts(rate, NaN)];
  const bytes = plan.bytes === undefined || plan.bytes < received ? undefined : plan.bytes;
  return [
    `${downloads} of ${plan.downloads} downloaded`,
    `${formatBytes(received)}${bytes === undefined ? "" : ` of ${formatBytes(bytes)}`}`,
    ...paceParts(rate, (bytes ?? NaN) - received),
    ...(plan.unchanged === 0 ? [] : [`${plan.unchanged} unchanged`]),
  ];
}

/** @param left bytes; NaN when they are not known */
function paceParts(rate: number | undefined, left: number): string[] {
  if (rate === undefined) return [];
  if (rate === 0) return ["stalled"];
  return [`${formatBytes(rate)}/s`, ...(left > 0 ? [`${formatDuration(left / rate)} left`] : [])];
}

/** As many of the parts as there is room for, at least the first. */
function fitting(parts: readonly string[], columns: number, separator: string): string {
  let line = parts[0] ?? "";
  for (const part of parts.slice(1)) {
    if (line.length + separator.length + part.length > columns) break;
    line += `${separator}${part}`;
  }
  return line.slice(0, Math.max(0, columns));
}

function clipped(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}
