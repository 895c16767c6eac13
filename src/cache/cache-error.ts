import pRetry from "p-retry";
import { outOfFiles, UserError, type UserErrorDetails } from "../errors.js";
import { networkCode } from "../network-code.js";

/** What a cache on the network did instead of doing what it was asked. */
export class CacheError extends UserError {
  /** Whether the same may succeed in a moment. */
  readonly transient: boolean;

  constructor(
    code: string,
    message: string,
    details: UserErrorDetails & { readonly transient?: boolean } = {},
  ) {
    super(code, message, details);
    this.transient = details.transient ?? false;
  }
}

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Attempts after the first; default 4. */
  readonly retries?: number;
  /** First pause in milliseconds; it doubles each time, with jitter. Default 500. */
  readonly firstPauseMs?: number;
}

/** Runs `attempt` until it succeeds, fails for good or has failed too often; only transient `CacheError`s are tried again. */
export function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { retries = 4, firstPauseMs = 500, signal } = options;
  return pRetry(attempt, {
    retries,
    minTimeout: firstPauseMs,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof CacheError && error.transient,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The error for a request without an answer. Codes are those of Node and undici. */
export function cacheUnreachable(name: string, cause: unknown): CacheError | undefined {
  const own = outOfFiles(cause);
  if (own !== undefined) return new CacheError(own.code, own.message, { hint: own.hint, cause });
  const code = networkCode(cause) ?? "";
  if (
    !/^(E[A-Z]+|UND_ERR_\w+|CERT_\w+|ERR_(TLS|SSL)_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HPE_\w+)$/.test(
      code,
    )
  )
    return undefined;
  return noAnswer(name, code, cause);
}

/** @param code of Node or undici */
export function noAnswer(name: string, code: string, cause: unknown): CacheError {
  const transient =
    /^(ECONN\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR_\w+|HPE_INVALID_EOF_STATE|E(HOST|NET)UNREACH)$/.test(code);
  return new CacheError("CACHE_UNREACHABLE", `the cache ${name} gave no answer (${code})`, {
    transient,
    cause,
    hint: "check the address and the network, and run the command again; it sends what is missing",
  });
}

/** `body`, with its errors as `explain` has them. */
export async function* explainedBody(
  body: AsyncIterable<Uint8Array>,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explain(error);
  }
}
