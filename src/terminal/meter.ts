/** How fast a number grows. */
export interface Meter {
  /** What the number is now; one that is smaller than before begins anew. */
  set(value: number): void;
  /** Per second, over the last seconds; undefined as long as that cannot be said. */
  rate(): number | undefined;
}

interface Sample {
  readonly at: number;
  value: number;
}

/** Long enough not to jump, short enough to follow. */
const WINDOW_MS = 5000;
const SAMPLE_MS = 250;
/** A rate of less is a guess. */
const MEANINGFUL_MS = 500;

/** @param now clock in milliseconds */
export function createMeter(now: () => number): Meter {
  let samples: Sample[] = [{ at: now(), value: 0 }];
  let value = 0;
  return {
    set(next) {
      const at = now();
      if (next < value) samples = [{ at, value: next }];
      value = next;
      const last = samples.at(-1);
      if (last === undefined || at - last.at >= SAMPLE_MS) samples.push({ at, value });
      else if (samples.length > 1) last.value = value;
    },
    rate() {
      const at = now();
      while (samples.length > 1 && (samples[1]?.at ?? at) <= at - WINDOW_MS) samples.shift();
      const since = samples[0];
      if (since === undefined || at - since.at < MEANINGFUL_MS) return undefined;
      return ((value - since.value) * 1000) / (at - since.at);
    },
  };
}
