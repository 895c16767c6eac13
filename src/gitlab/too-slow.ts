/** Bodies that never pause and never end: a byte now and then would hold whoever waits for them for ever. */
import type { Dispatcher } from "undici";

/** Bytes a second. Over the worst line that anybody would work with, a download is faster. */
const LEAST_PACE = 4096;

/** `explain-network.ts` says what the codes mean. */
function tooSlow(code: "ANSWER_TIMEOUT" | "DOWNLOAD_TOO_SLOW"): Error {
  return Object.assign(new Error(code), { code });
}

/** Breaks a body off that is not there as a whole in time. */
export function endWithin(body: Dispatcher.ResponseData["body"], milliseconds: number): void {
  const timer = setTimeout(() => body.destroy(tooSlow("ANSWER_TIMEOUT")), milliseconds);
  body.once("close", () => clearTimeout(timer));
}

/** What a reader of a download tells, to learn when the rest is not worth waiting for. */
export interface LeastPace {
  /** @throws Error when less has come than the least pace gives, over `windowMs` that were spent on waiting */
  came(bytes: number): void;
  /** From now on it waits for more. What it did before does not count. */
  waits(): void;
}

/** Of silence, nothing is told: that is the business of `Timeouts.stall`. */
export function leastPace(windowMs: number): LeastPace {
  let [waited, received] = [0, 0];
  let since = performance.now();
  return {
    came(bytes) {
      waited += performance.now() - since;
      received += bytes;
      if (waited < windowMs) return;
      if (received < (waited / 1000) * LEAST_PACE) throw tooSlow("DOWNLOAD_TOO_SLOW");
      [waited, received] = [0, 0];
    },
    waits() {
      since = performance.now();
    },
  };
}
