/** Which entries are tried now, and which after a pause. Time is that of a clock which never jumps. */

export interface BackOff {
  /** Entries to try now: those that never failed together, else one that did, alone. */
  due(names: readonly string[], limit: number): string[];
  /** Notes a failure. @returns milliseconds until the next attempt; undefined when there is none */
  failed(name: string, reason: unknown): number | undefined;
  /** Forgets entries that are not in `names`. */
  keep(names: readonly string[]): void;
  /** Milliseconds until one that failed is due; undefined when there is none. */
  nextInMs(): number | undefined;
  /** Reason of the last failure, by entry. */
  failures(): ReadonlyMap<string, unknown>;
}

export interface BackOffOptions {
  readonly firstPauseMs: number;
  /** Try nothing twice. */
  readonly giveUp: boolean;
  /** Milliseconds since some moment. */
  readonly now?: () => number;
}

const LONGEST_PAUSE_MS = 10 * 60 * 1000;

export function createBackOff(options: BackOffOptions): BackOff {
  const { firstPauseMs, giveUp, now = () => performance.now() } = options;
  const failures = new Map<string, { times: number; dueAt: number; reason: unknown }>();
  return {
    due(names, limit) {
      const fresh = names.filter((name) => !failures.has(name));
      if (fresh.length > 0) return fresh.slice(0, limit);
      const next = names.find((name) => (failures.get(name)?.dueAt ?? 0) <= now());
      return next === undefined ? [] : [next];
    },
    failed(name, reason) {
      const times = (failures.get(name)?.times ?? 0) + 1;
      const pause = Math.min(firstPauseMs * 2 ** (times - 1), LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
      failures.set(name, { times, reason, dueAt: giveUp ? Number.POSITIVE_INFINITY : now() + pause });
      return giveUp ? undefined : pause;
    },
    keep(names) {
      const there = new Set(names);
      for (const name of failures.keys()) if (!there.has(name)) failures.delete(name);
    },
    nextInMs() {
      const moments = [...failures.values()].map(({ dueAt }) => dueAt - now());
      return moments.length === 0 ? undefined : Math.max(0, Math.min(...moments));
    },
    failures: () => new Map([...failures].map(([name, { reason }]) => [name, reason])),
  };
}
