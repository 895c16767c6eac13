/**
 * Bytes of an artifact, however often the connection breaks off on the way: GitLab is asked again, which gives a fresh link of the
 * storage, and what is missing is asked for by range (RFC 9110 §14) where it is known to be of the same object.
 */
import type { Answer, RequestOptions } from "./exchange.js";
import type { Download } from "./gitlab.js";
import { GitLabError } from "./gitlab-error.js";
import { type Received, type Rest, receive } from "./receive.js";
import { type Attempts, retrying } from "./retry.js";
import { skip } from "./skip.js";

/** A body that broke off and cannot be taken up: who has not kept what came must begin anew. */
export class CannotContinue extends GitLabError {
  constructor({ code, message, hint, cause }: GitLabError) {
    super(code, message, { hint, cause, transient: true });
  }
}

/** Of which part of the object a request is. */
export type PartRequest = Pick<RequestOptions, "range" | "ifRange">;

export interface Resumable {
  /** Sends the request, for all of the object or for a part of it. */
  readonly ask: (part?: PartRequest) => Promise<Answer>;
  /** For the whole download. */
  readonly attempts: Attempts;
  readonly signal: AbortSignal | undefined;
  /** As `Timeouts.pace`. */
  readonly paceMs: number;
  /** The reader knows the hash, so any answer may be taken up where the last one broke off. */
  readonly verified: boolean;
}

/** What came further than this is no failure of the same kind: failures before it count no longer. */
const PROGRESS_BYTES = 1024 * 1024;

/**
 * Opens a download. Its body throws only when the attempts are used up.
 *
 * @throws GitLabError; from the body also `CannotContinue`
 */
export async function openDownload(request: Resumable): Promise<Download> {
  const { attempts, signal, paceMs } = request;
  const open = async (rest?: Rest) =>
    receive(await request.ask(rest && partOf(rest)), { signal, paceMs, rest });
  let current = await retrying(open, attempts);
  const { size } = current;
  return { size, body: body(), destroy: () => current.destroy() };

  async function* body(): AsyncGenerator<Uint8Array, void> {
    let received = 0;
    for (let counted = 0; ;) {
      try {
        for await (const chunk of skip(current.body, received - current.offset)) {
          received += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        current.destroy();
        if (received - counted >= PROGRESS_BYTES) attempts.forget();
        counted = received;
        await attempts.next(error);
        const next = await retrying(() => reopen(received), attempts);
        if (next === undefined) throw error instanceof GitLabError ? new CannotContinue(error) : error;
        current = next;
      }
    }
  }

  /** The same object from `received` on, or one that may be taken for it; undefined when neither is to be had. */
  async function reopen(received: number): Promise<Received | undefined> {
    const { validator } = current;
    if (validator === undefined && !request.verified) return undefined;
    const next = await open(validator === undefined ? undefined : { from: restFrom(received), validator });
    const fits = size === undefined || next.size === size;
    if (fits && (request.verified || next.offset > 0)) return next;
    next.destroy();
    return undefined;
  }

  /** A body of unknown length may be there as a whole. Its last byte is asked for once more: beyond it there is no range (§15.5.17). */
  function restFrom(received: number): number {
    return size === undefined ? Math.max(0, received - 1) : received;
  }
}

function partOf({ from, validator }: Rest): PartRequest {
  return { range: `bytes=${from}-`, ifRange: validator };
}
