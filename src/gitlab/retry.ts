import { setTimeout as sleep } from "node:timers/promises";
import { GitLabError } from "./gitlab-error.js";

export interface RetryOptions {
  /** Attempts after the first; default 4. */
  readonly retries?: number;
  /** Upper bound of the first pause in milliseconds; it doubles each time. Default 500. */
  readonly firstPauseMs?: number;
  /** Longest pause that a server may ask for, in milliseconds; a longer wish ends the attempts. Default 120,000. */
  readonly longestPauseMs?: number;
}

export interface Retried {
  readonly error: GitLabError;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly pauseMs: number;
}

export interface RetryHooks {
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((retried: Retried) => void) | undefined;
}

/** The attempts at one thing. */
export interface Attempts {
  /**
   * Waits after a failed attempt.
   *
   * @throws `error` when it is not worth another attempt, or when there is none left
   */
  next(error: unknown): Promise<void>;
  /** What failed so far counts no longer. */
  forget(): void;
}

/**
 * Only transient `GitLabError`s are worth another attempt. The pause before it is "full jitter"
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) and never shorter than what the server asked for.
 */
export function countAttempts(options: RetryOptions, { signal, onRetry }: RetryHooks): Attempts {
  const { retries = 4, firstPauseMs = 500, longestPauseMs = 120_000 } = options;
  let failed = 0;
  return {
    async next(error) {
      failed++;
      if (!(error instanceof GitLabError) || !error.transient || failed > retries) throw error;
      const asked = error.waitMs ?? 0;
      if (asked > longestPauseMs) throw error;
      const pauseMs = Math.round(asked + Math.random() * firstPauseMs * 2 ** (failed - 1));
      onRetry?.({ error, attempt: failed, pauseMs });
      await sleep(pauseMs, undefined, { signal });
    },
    forget() {
      failed = 0;
    },
  };
}

/** Runs `attempt` until it succeeds or `attempts` has none left. */
export async function retrying<T>(attempt: () => Promise<T>, attempts: Attempts): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      await attempts.next(error);
    }
  }
}

/** Runs `attempt` until it succeeds, fails for good or has failed too often. */
export function withRetries<T>(
  attempt: () => Promise<T>,
  options: RetryOptions,
  hooks: RetryHooks,
): Promise<T> {
  return retrying(attempt, countAttempts(options, hooks));
}

/**
 * How long the server asks to wait, in milliseconds: `Retry-After` (RFC 9110 §10.2.3, seconds or a date), else
 * `RateLimit-Reset` (GitLab: Unix time) when no request remains. Times are by the server's own clock, if it tells it (`Date`).
 */
export function serverWait(header: (name: string) => string | undefined, here: Date): number | undefined {
  const there = Date.parse(header("date") ?? "");
  const now = Number.isNaN(there) ? here : new Date(there);
  const retryAfter = header("retry-after")?.trim();
  if (retryAfter !== undefined && retryAfter !== "") {
    const at = /^\d+$/.test(retryAfter) ? now.getTime() + Number(retryAfter) * 1000 : Date.parse(retryAfter);
    return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
  }
  const reset = header("ratelimit-reset")?.trim() ?? "";
  const remaining = header("ratelimit-remaining")?.trim() ?? "0";
  if (!/^\d+$/.test(reset) || remaining !== "0") return undefined;
  return Math.max(0, Number(reset) * 1000 - now.getTime());
}
