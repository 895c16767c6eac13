import { EXPIRY_WARNING_DAYS } from "../../config/load.js";
import { packageVersion } from "../../version.js";
import type { Cache } from "../cache/cache.js";
import { type LockedEntry, entriesOf } from "../../lock/entry.js";
import type { LockState } from "../locks.js";
import type { Health } from "../health.js";
import { storedBytes } from "../stored.js";
import type { Activity, Trouble, Watch } from "./watch.js";

/** Where the facts of a report come from. */
export interface Facts {
  readonly watch: Watch;
  readonly lockStates: () => readonly LockState[];
  readonly cache: Cache;
  readonly health: () => Health;
  /** Requests that are being answered. */
  readonly running: () => number;
}

export interface Report {
  readonly version: string;
  /** All times are milliseconds since 1970. */
  readonly now: number;
  readonly startedAt: number;
  readonly health: Health;
  readonly running: number;
  readonly cache: { readonly bytes: number; readonly maxBytes: number };
  readonly locks: readonly LockReport[];
  readonly counts: Counts;
  /** Those that want attention first, then the most recently served; at most `MOST_ROWS`. */
  readonly artifacts: readonly ArtifactReport[];
  readonly troubles: readonly Trouble[];
}

export interface LockReport {
  readonly file: string;
  readonly variants: number;
  readonly loadedAt: number;
  readonly problem: LockState["problem"];
}

export interface Counts {
  readonly variants: number;
  readonly failing: number;
  readonly expired: number;
  readonly expiring: number;
}

export interface ArtifactReport extends Activity {
  readonly artifact: string;
  readonly system: string;
  readonly project: string;
  readonly job: number;
  readonly size: number;
  readonly cached: boolean;
  readonly expiresAt: number | undefined;
  readonly state: State;
}

/** In the order in which they want attention. */
const STATES = ["failing", "expired", "expiring", "fine"] as const;
export type State = (typeof STATES)[number];

const MOST_ROWS = 500;
/** As `artifacts doctor` warns by default. */
const EXPIRING_MS = EXPIRY_WARNING_DAYS * 86_400_000;

/** @param now milliseconds since 1970 */
export async function report(facts: Facts, now: number): Promise<Report> {
  const { watch, cache, health, running } = facts;
  const states = facts.lockStates();
  const rows = states.flatMap(({ lock }) => entriesOf(lock)).map((entry) => rowOf(entry, watch, now));
  const shown = rows.toSorted(byAttention).slice(0, MOST_ROWS);
  return {
    version: packageVersion(),
    now,
    startedAt: watch.startedAt,
    health: health(),
    running: running(),
    cache: cache.usage(),
    locks: states.map((state) => ({ ...lockReport(state), variants: entriesOf(state.lock).length })),
    counts: countsOf(rows),
    artifacts: await Promise.all(shown.map((row) => withCached(row, cache))),
    troubles: watch.troubles(),
  };
}

/** The counts alone, without a look at the disk. */
export function counts({ lockStates, watch }: Pick<Facts, "lockStates" | "watch">, now: number): Counts {
  return countsOf(
    lockStates()
      .flatMap(({ lock }) => entriesOf(lock))
      .map((entry) => rowOf(entry, watch, now)),
  );
}

function lockReport({ file, loadedAt, problem }: LockState) {
  return { file, loadedAt, problem };
}

interface Row {
  readonly entry: LockedEntry;
  readonly activity: Activity;
  readonly expiresAt: number | undefined;
  readonly state: State;
}

function rowOf(entry: LockedEntry, watch: Watch, now: number): Row {
  const activity = watch.activityOf(entry.artifact, entry.system);
  const { expiresAt: text } = entry.variant;
  const expiresAt = text === null ? undefined : Date.parse(text);
  return { entry, activity, expiresAt, state: stateOf(activity, expiresAt, now) };
}

function stateOf({ failure }: Activity, expiresAt: number | undefined, now: number): State {
  if (failure !== undefined) return "failing";
  if (expiresAt === undefined || expiresAt - now > EXPIRING_MS) return "fine";
  return expiresAt <= now ? "expired" : "expiring";
}

function byAttention(a: Row, b: Row): number {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    (b.activity.lastServed ?? 0) - (a.activity.lastServed ?? 0) ||
    a.entry.artifact.localeCompare(b.entry.artifact)
  );
}

function countsOf(rows: readonly Row[]): Counts {
  const count = (state: State) => rows.filter((row) => row.state === state).length;
  return {
    variants: rows.length,
    failing: count("failing"),
    expired: count("expired"),
    expiring: count("expiring"),
  };
}

async function withCached({ entry, activity, expiresAt, state }: Row, cache: Cache): Promise<ArtifactReport> {
  const { artifact, system, variant } = entry;
  const { project, job, size } = variant;
  const cached = await cache.has(storedBytes(entry));
  return { artifact, system, project, job, size, cached, expiresAt, state, ...activity };
}
