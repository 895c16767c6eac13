/**
 * Counts requests per caller and period, and tells in `RateLimit-*` headers what is left, as Rack::Attack does.
 */
import type { Knobs } from "../knobs.js";
import type { Clock } from "../state/state.js";
import { tooManyRequests, type Reply } from "./reply.js";

export interface Allowance {
  readonly headers: Readonly<Record<string, string>>;
  /** The refusal, when the limit is exceeded. */
  readonly refused: Reply | undefined;
}

export class RateLimiter {
  readonly #knobs: Knobs;
  readonly #now: Clock;
  readonly #observed = new Map<string, { period: number; requests: number }>();

  constructor(knobs: Knobs, now: Clock) {
    this.#knobs = knobs;
    this.#now = now;
  }

  /** Counts a request of `caller`; undefined is anonymous. */
  observe(caller: string | undefined): Allowance {
    const { rateLimit } = this.#knobs;
    if (rateLimit === undefined) return { headers: {}, refused: undefined };
    const now = this.#now();
    const seconds = Math.floor(now.getTime() / 1000);
    const period = Math.floor(seconds / rateLimit.periodSeconds);
    const resetsAt = (period + 1) * rateLimit.periodSeconds;
    const requests = this.#count(caller ?? "anonymous", period);
    return {
      headers: {
        "RateLimit-Limit": String(rateLimit.limit),
        "RateLimit-Name":
          caller === undefined ? "throttle_unauthenticated_api" : "throttle_authenticated_api",
        "RateLimit-Observed": String(requests),
        "RateLimit-Remaining": String(Math.max(rateLimit.limit - requests, 0)),
        "RateLimit-Reset": String(resetsAt),
      },
      refused: requests > rateLimit.limit ? tooManyRequests("rack", resetsAt - seconds, now) : undefined,
    };
  }

  #count(caller: string, period: number): number {
    const before = this.#observed.get(caller);
    const requests = before?.period === period ? before.requests + 1 : 1;
    this.#observed.set(caller, { period, requests });
    return requests;
  }
}
