/** Whole processes, measured from outside: wall time and peak memory. Two commands are run in turn and compared pair by pair. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export interface Sample {
  readonly seconds: number;
  /** Peak resident memory of the first process in MiB, as Linux counts it (VmHWM in proc(5)). */
  readonly peakMiB: number;
}

export interface Measured {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before each sample and is not measured. */
  readonly before?: () => void;
}

export async function sample({ command, args, cwd, env, before }: Measured): Promise<Sample> {
  before?.();
  const { PATH = "", HOME = "/tmp" } = process.env;
  const start = process.hrtime.bigint();
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  let peakMiB = 0;
  const watch = setInterval(() => (peakMiB = Math.max(peakMiB, residentPeak(child.pid))), 10);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(watch);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return { seconds, peakMiB };
}

/** Peak resident memory of a process so far, in MiB; 0 when there is none. */
export function residentPeak(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export interface Comparison {
  readonly ours: number;
  readonly theirs: number;
  /** Median over the pairs of ours divided by theirs. */
  readonly ratio: number;
  readonly peakMiB: number;
}

/** A B A B …: what else the machine does hits both alike. The first pair warms up and is not counted. */
export async function compare(ours: Measured, theirs: Measured, pairs = 5): Promise<Comparison> {
  const samples: { a: Sample; b: Sample }[] = [];
  for (let pair = 0; pair <= pairs; pair += 1) {
    const counted = { a: await sample(ours), b: await sample(theirs) };
    if (pair > 0) samples.push(counted);
  }
  return {
    ours: median(samples.map(({ a }) => a.seconds)),
    theirs: median(samples.map(({ b }) => b.seconds)),
    ratio: median(samples.map(({ a, b }) => a.seconds / b.seconds)),
    peakMiB: Math.max(...samples.map(({ a }) => a.peakMiB)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** One row of the report, with what was aimed at. */
export function report(title: string, { ours, theirs, ratio, peakMiB }: Comparison, aim: string): void {
  const row = [
    title.padEnd(44),
    `${ours.toFixed(3)} s`.padStart(10),
    `${theirs.toFixed(3)} s`.padStart(10),
    `ratio ${ratio.toFixed(2)}`.padStart(12),
    `${peakMiB.toFixed(0)} MiB`.padStart(9),
    `  aim: ${aim}`,
  ];
  process.stdout.write(`${row.join("")}\n`);
}

export interface Load {
  readonly bytesPerSecond: number;
  /** Milliseconds in which 99 of 100 answers were complete. */
  readonly p99: number;
}

const LOAD_SECONDS = 5;
const CLIENTS = 64;
const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
const SIZES: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** Many clients that ask again and again, with wrk (https://github.com/wg/wrk). */
async function load(url: string): Promise<Load> {
  const args = ["-t1", `-c${CLIENTS}`, `-d${LOAD_SECONDS}s`, "--timeout", "60s", "--latency", url];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  await once(child, "close");
  if (/Non-2xx|Socket errors/.test(text) || !text.includes("99%")) throw new Error(`wrk says:\n${text}`);
  const [, time = "0", unit = "ms"] = /99%\s+([\d.]+)(us|ms|s|m)/.exec(text) ?? [];
  const [, rate = "0", size = "B"] = /Transfer\/sec:\s+([\d.]+)([KMG]?B)/.exec(text) ?? [];
  return { bytesPerSecond: Number(rate) * (SIZES[size] ?? 1), p99: Number(time) * (UNITS[unit] ?? 1) };
}

export interface LoadComparison {
  readonly ours: Load;
  readonly theirs: Load;
}

/** As `compare`, for servers: the medians over the pairs. */
export async function compareLoad(ours: string, theirs: string, pairs = 3): Promise<LoadComparison> {
  const samples: { a: Load; b: Load }[] = [];
  for (let pair = 0; pair <= pairs; pair += 1) {
    const counted = { a: await load(ours), b: await load(theirs) };
    if (pair > 0) samples.push(counted);
  }
  const middle = (pick: (pair: { a: Load; b: Load }) => Load): Load => ({
    bytesPerSecond: median(samples.map((pair) => pick(pair).bytesPerSecond)),
    p99: median(samples.map((pair) => pick(pair).p99)),
  });
  return { ours: middle(({ a }) => a), theirs: middle(({ b }) => b) };
}

/** One row of the report: throughput in MiB/s, its ratio, and the ratio of the slowest answers. */
export function reportLoad(title: string, { ours, theirs }: LoadComparison, aim: string): void {
  const rate = ({ bytesPerSecond }: Load) => `${(bytesPerSecond / 2 ** 20).toFixed(0)} MiB/s`.padStart(12);
  const ratio = (ours.bytesPerSecond / theirs.bytesPerSecond).toFixed(2);
  const p99 = theirs.p99 === 0 ? "-" : (ours.p99 / theirs.p99).toFixed(2); // 0: too few answers to tell
  const row = [title.padEnd(44), rate(ours), rate(theirs), `ratio ${ratio}`.padStart(12), `  p99 ${p99} ×`];
  process.stdout.write(`${row.join("")}  aim: ${aim}\n`);
}
