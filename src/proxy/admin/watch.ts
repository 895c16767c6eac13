/**
 * What the operator is told of a running proxy: metrics, a report, a page. Everything is counted from the log, the one stream of
 * what happens; nothing here decides about a request.
 */
import type { Log, LogEntry } from "../log.js";

/** What is remembered of one locked variant. */
export interface Activity {
  readonly served: number;
  /** Bytes of bodies. */
  readonly sent: number;
  /** Milliseconds since 1970; undefined: not since the proxy started. */
  readonly lastServed: number | undefined;
  /** Why the last attempt failed; undefined when it did not. */
  readonly failure: { readonly at: number; readonly error: string } | undefined;
}

/** A request that was not answered as its sender hoped. */
export interface Trouble {
  readonly at: number;
  readonly entry: LogEntry;
}

export interface Watch {
  readonly startedAt: number;
  /** Notes an entry of the log. */
  readonly log: Log;
  activityOf(artifact: string, system: string): Activity;
  /** The last ones, newest first. */
  troubles(): readonly Trouble[];
}

const NOTHING: Activity = { served: 0, sent: 0, lastServed: undefined, failure: undefined };
const MOST_TROUBLES = 50;
/** Locks change while a proxy runs, and what is locked no more is forgotten at last. */
const MOST_ACTIVITIES = 50_000;

/** @param now milliseconds since 1970 */
export function createWatch(now: () => number = Date.now): Watch {
  const activities = new Map<string, Activity>();
  const troubles: Trouble[] = [];

  function note(entry: LogEntry): void {
    if (entry["artifact"] !== undefined) noteActivity(entry);
    if (entry.level === "info" || entry.event === "kept-old-lock") return;
    troubles.unshift({ at: now(), entry });
    troubles.length = Math.min(troubles.length, MOST_TROUBLES);
  }

  function noteActivity(entry: LogEntry): void {
    const key = keyOf(String(entry["artifact"]), String(entry["system"] ?? ""));
    const before = activities.get(key) ?? NOTHING;
    if (entry.event === "served") remember(key, servedOnceMore(before, Number(entry["sent"]), now()));
    if (entry.event === "failed")
      remember(key, { ...before, failure: { at: now(), error: String(entry["error"]) } });
  }

  function remember(key: string, activity: Activity): void {
    activities.delete(key);
    activities.set(key, activity);
    const [oldest] = activities.keys();
    if (activities.size > MOST_ACTIVITIES && oldest !== undefined) activities.delete(oldest);
  }

  return {
    startedAt: now(),
    log: note,
    activityOf: (artifact, system) => activities.get(keyOf(artifact, system)) ?? NOTHING,
    troubles: () => troubles,
  };
}

function servedOnceMore({ served, sent }: Activity, bytes: number, at: number): Activity {
  return { served: served + 1, sent: sent + bytes, lastServed: at, failure: undefined };
}

function keyOf(artifact: string, system: string): string {
  return `${artifact}\0${system}`;
}
