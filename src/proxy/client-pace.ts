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

/** An answer on its way to a client. */
export interface PacedAnswer {
  /** The memory of `bytes` belongs to the answer until `taken` has said that it does not. */
  write(bytes: Uint8Array): void;
  end(bytes: Uint8Array): void;
  /**
   * What is to be waited for before there is more: that the system takes what was written; undefined when it has, as it has with every
   * client that keeps up. Fails with `ClientTooSlow` when the time is over, and with `ContentLost` when the client is gone.
   */
  taken(): Promise<void> | undefined;
}

/**
 * How long one answer may wait for its client: the time that all bytes sent so far take at the least rate, and `idleMs` once. So a big
 * answer may last for days. What the proxy itself waits for, as GitLab, does not count.
 */
export function pacedAnswer(
  response: ServerResponse,
  { idleMs, leastBytesPerSecond: rate }: ClientPace,
): PacedAnswer {
  let left = rate === 0 ? Infinity : idleMs;
  let writes = 0;
  let whenTaken: (() => void) | undefined;

  function begin({ length }: Uint8Array): void {
    if (rate > 0) left += (length / rate) * 1000;
    writes++;
  }

  function done(): void {
    writes--;
    if (writes === 0) whenTaken?.();
  }

  return {
    write(bytes) {
      begin(bytes);
      response.write(bytes, done);
    },
    end(bytes) {
      begin(bytes);
      response.end(bytes, done);
    },
    taken() {
      if (response.destroyed) return Promise.reject(new ContentLost("the client went away"));
      return response.writableLength === 0 || writes === 0 ? undefined : takenWithin();
    },
  };

  /** Node does not call back for every write whose connection it closes, but it tells that it closes it. */
  function takenWithin(): Promise<void> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(slow, Math.min(Math.max(left, 0), LONGEST_TIMER_MS));
      response.once("close", gone);
      whenTaken = () => {
        settle();
        resolve();
      };

      function slow(): void {
        settle();
        reject(new ClientTooSlow(`it takes less than ${rate} bytes a second`));
      }
      function gone(): void {
        settle();
        reject(new ContentLost("the client went away"));
      }
      function settle(): void {
        clearTimeout(timer);
        response.off("close", gone);
        whenTaken = undefined;
        left -= performance.now() - started;
      }
    });
  }
}

/** Of `setTimeout`. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
