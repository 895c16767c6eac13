import type { ServerResponse } from "node:http";
import { ContentLost } from "./cache/content.js";

/** What a client may cost by being slow. */
export interface ClientPace {
  /** Milliseconds without a byte in either direction. */
  readonly idleMs: number;
  /** Bytes a second that a client takes at least, over a whole answer and `idleMs`; 0: it may take for ever. */
  readonly leastBytesPerSecond: number;
}

/** Nix itself gives up after five minutes of silence. A slow line is honest; a byte a second is none. */
export const DEFAULT_PACE: ClientPace = { idleMs: 300_000, leastBytesPerSecond: 16 * 1024 };

/** The client would hold connection, file and buffers for longer than anybody honest. */
export class ClientTooSlow extends Error {
  override readonly name = "ClientTooSlow";
}

/** Waits for the client to take `bytes`. */
export type Taken = (bytes: number, taking: Promise<void>) => Promise<void>;

/**
 * How long one answer may wait for its client: the time that all bytes sent so far take at the least rate, and `idleMs` once. So a big
 * answer may last for days. What the proxy itself waits for, as GitLab, does not count.
 *
 * @returns a function that throws `ClientTooSlow` when the time is over, and `ContentLost` when the client is gone: Node does not
 *   call back for every write whose connection it closes
 */
export function watchPace(
  response: ServerResponse,
  { idleMs, leastBytesPerSecond: rate }: ClientPace,
): Taken {
  let left = idleMs;
  return async (bytes, taking) => {
    left = rate === 0 ? Infinity : left + (bytes / rate) * 1000;
    const started = performance.now();
    await takenWithin(left, { response, taking, rate });
    left -= performance.now() - started;
  };
}

interface Taking {
  readonly response: ServerResponse;
  readonly taking: Promise<void>;
  readonly rate: number;
}

function takenWithin(ms: number, { response, taking, rate }: Taking): Promise<void> {
  return new Promise((resolve, reject) => {
    const slow = () => settle(() => reject(new ClientTooSlow(`it takes less than ${rate} bytes a second`)));
    const gone = () => settle(() => reject(new ContentLost("the client went away")));
    const timer = setTimeout(slow, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
    response.once("close", gone);
    if (response.destroyed && !response.writableFinished) gone();
    taking.then(
      () => settle(resolve),
      (error: unknown) => settle(() => reject(error)),
    );

    function settle(how: () => void): void {
      clearTimeout(timer);
      response.off("close", gone);
      how();
    }
  });
}

/** Of `setTimeout`. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
