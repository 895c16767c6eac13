import type { ServerResponse } from "node:http";
import { type Content, ContentLost } from "./cache/content.js";
import { type ClientPace, type Taken, watchPace } from "./client-pace.js";
import type { Body } from "./body.js";
import type { ByteRange } from "./range.js";

/** Two of these per answer: while one is sent, the other is filled. */
const CHUNK_BYTES = 128 * 1024;

export interface Sent {
  readonly body: Body;
  readonly range: ByteRange;
  /** Called before the first byte: what fails before can still be answered properly. */
  readonly sendHead: () => void;
  readonly pace: ClientPace;
}

/**
 * Sends a range of a body. An answer that ends well is of verified bytes only: the last stored byte is not given out before
 * all are verified, and an answer that does not contain that byte waits for it.
 *
 * @throws ClientTooSlow
 * @throws what reading throws; the answer is incomplete then
 */
export async function sendContent(
  response: ServerResponse,
  content: Content,
  { body, range, sendHead, pace }: Sent,
): Promise<void> {
  const { prefix, suffix, stored } = body;
  const taken = watchPace(response, pace);
  const before = within(range, 0, prefix.length);
  const middle = within(range, prefix.length, stored);
  const after = within(range, prefix.length + stored, suffix.length);
  if (middle.start === middle.end || middle.end < stored) await content.verified();

  if (content.bytes !== undefined) {
    sendHead();
    const parts = [slice(prefix, before), slice(content.bytes, middle), slice(suffix, after)];
    response.end(prefix.length === 0 ? parts[1] : Buffer.concat(parts));
    return taken(range.end - range.start, finished(response));
  }
  await sendMiddle(response, content, { range: middle, first: slice(prefix, before), sendHead, taken });
  response.end(slice(suffix, after));
  await taken(after.end - after.start, finished(response));
}

/** The part of `range` that lies in `length` bytes from `offset` on, counted from there. */
function within({ start, end }: ByteRange, offset: number, length: number): ByteRange {
  const from = clamp(start - offset, length);
  return { start: from, end: Math.max(from, clamp(end - offset, length)) };
}

function clamp(value: number, length: number): number {
  return Math.min(Math.max(value, 0), length);
}

function slice(bytes: Uint8Array, { start, end }: ByteRange): Uint8Array {
  return bytes.subarray(start, end);
}

interface Middle {
  readonly range: ByteRange;
  /** What stands before it. */
  readonly first: Uint8Array;
  readonly sendHead: () => void;
  readonly taken: Taken;
}

async function sendMiddle(response: ServerResponse, content: Content, middle: Middle): Promise<void> {
  const { start, end } = middle.range;
  const length = Math.min(CHUNK_BYTES, end - start);
  let [filling, sending] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)];
  let [sent, sentBytes] = [Promise.resolve(), 0];
  for (let position = start; position < end;) {
    const room = filling.subarray(0, Math.min(length, end - position));
    const previous = () => middle.taken(sentBytes, sent);
    const count = await content.read(room, position).catch(onceTaken(previous));
    if (position === start) begin(response, middle);
    await previous();
    [filling, sending] = [sending, filling];
    sent = written(response, sending.subarray(0, count));
    sent.catch(() => {}); // told by the next turn, or below
    [position, sentBytes] = [position + count, count];
  }
  if (start === end) begin(response, middle);
  await middle.taken(sentBytes, sent);
}

/** Throws when what was sent before has arrived, so that a client that resumes does not ask for it again. */
function onceTaken(previous: () => Promise<void>): (error: unknown) => Promise<never> {
  return async (error) => {
    await previous();
    throw error;
  };
}

function begin(response: ServerResponse, { first, sendHead }: Middle): void {
  sendHead();
  if (first.length > 0) response.write(first);
}

/** Resolves when the system has taken the bytes, so that their buffer is free again. */
function written(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(bytes, (error) => (error == null ? resolve() : reject(error)));
  });
}

function finished(response: ServerResponse): Promise<void> {
  if (response.writableFinished) return Promise.resolve();
  if (response.destroyed) return Promise.reject(new ContentLost("the client went away"));
  return new Promise((resolve, reject) => {
    response.once("finish", resolve);
    response.once("close", () => reject(new ContentLost("the client went away")));
  });
}
