import type { ServerResponse } from "node:http";
import type { Body } from "./body.js";
import type { Content } from "./cache/content.js";
import { type ClientPace, type PacedAnswer, pacedAnswer } from "./client-pace.js";
import type { ByteRange } from "./range.js";

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
  const answer = pacedAnswer(response, pace);
  const before = within(range, 0, prefix.length);
  const middle = within(range, prefix.length, stored);
  const after = within(range, prefix.length + stored, suffix.length);
  if (middle.start === middle.end || middle.end < stored) await content.verified();

  if (content.bytes === undefined) {
    const [first, last] = [slice(prefix, before), slice(suffix, after)];
    await sendMiddle(answer, content, { range: middle, sendHead, first, last });
  } else {
    sendHead();
    const bytes = slice(content.bytes, middle);
    const framed = prefix.length + suffix.length > 0;
    answer.end(framed ? Buffer.concat([slice(prefix, before), bytes, slice(suffix, after)]) : bytes);
    await answer.taken();
  }
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
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}

interface Middle {
  readonly range: ByteRange;
  readonly sendHead: () => void;
  /** What stands before and after it. */
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** One piece after the other: while the system sends what it has taken, there is time to read the next. */
async function sendMiddle(answer: PacedAnswer, content: Content, middle: Middle): Promise<void> {
  const { start, end } = middle.range;
  for (let position = start; position < end;) {
    const { bytes, release } = await content.read(position, end);
    try {
      if (position === start) begin(answer, middle);
      answer.write(bytes);
      await answer.taken();
    } finally {
      release();
    }
    position += bytes.length;
  }
  if (start === end) begin(answer, middle);
  answer.end(middle.last);
  await answer.taken();
}

function begin(answer: PacedAnswer, { first, sendHead }: Middle): void {
  sendHead();
  if (first.length > 0) answer.write(first);
}
