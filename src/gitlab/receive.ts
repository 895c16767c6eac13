import { type Asked, place, tokenSentence } from "./asked.js";
import type { Answer } from "./exchange.js";
import { brokenOff } from "./explain-network.js";
import { GitLabError } from "./gitlab-error.js";
import type { Download } from "./gitlab.js";
import { signIn } from "./redirect.js";
import { leastPace } from "./too-slow.js";

/** A download that may be only the rest of an object. Its `size` is that of the whole. */
export interface Received extends Download {
  /** Where in the object the body begins. */
  readonly offset: number;
  /** What tells this object from a later one at the same place; undefined when nothing does. */
  readonly validator: string | undefined;
}

/** What is missing of an object, from a byte to the end. */
export interface Rest {
  readonly from: number;
  /** Of the object whose beginning there is. */
  readonly validator: string;
}

interface ReceiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** As `Timeouts.pace`. */
  readonly paceMs: number;
  /** The rest that was asked for. */
  readonly rest?: Rest | undefined;
}

/**
 * The body of an answer. Waits for the first bytes, so that a connection that dies before them can be tried again without anyone
 * having seen a part.
 *
 * @throws GitLabError when the answer is known to be something else than the artifact
 */
export async function receive(answer: Answer, { signal, rest, paceMs }: ReceiveOptions): Promise<Received> {
  const { asked, body } = answer;
  // Given up by us or by the other side: whoever reads gets the error, nobody else needs it.
  body.on("error", () => {});
  try {
    refuseOtherContent(answer);
    const offset = offsetOf(answer, rest);
    const length = declaredLength(answer);
    const size = length === undefined ? undefined : offset + length;
    const chunks = counted(body, asked, { size, offset, signal, paceMs });
    const first = await chunks.next();
    return {
      size,
      offset,
      part: partOf(answer),
      validator: validatorOf(answer),
      body: first.done === true ? chunks : resumed(first.value, chunks),
      destroy: () => body.destroy(),
    };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

/** @throws GitLabError when it is another part than was asked for, or of another object */
function offsetOf(answer: Answer, rest: Rest | undefined): number {
  if (answer.status !== 206 || rest === undefined) return 0;
  const [, from, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.header("content-range") ?? "") ?? [];
  const validator = validatorOf(answer);
  const isRest = Number(from) === rest.from && Number(last) + 1 === Number(size);
  if (isRest && (validator === undefined || validator === rest.validator)) return rest.from;
  throw otherContent(answer.asked, "with another part than the one that was asked for");
}

/**
 * A tag or a date that two objects do not share. Weak tags do not count (RFC 9110 §8.8.1): GitLab has given all of its downloads the same
 * one, the digest of an empty body. A date counts when it was a while ago (§8.8.2.2).
 */
function validatorOf({ header }: Answer): string | undefined {
  const etag = header("etag");
  if (etag !== undefined && /^"[^"]+"$/.test(etag) && !etag.includes(EMPTY_DIGEST)) return etag;
  const modified = header("last-modified");
  const age = Date.parse(header("date") ?? "") - Date.parse(modified ?? "");
  return age >= 60_000 ? modified : undefined;
}

/** gitlab-org/gitlab#371991 */
const EMPTY_DIGEST = "12ae32cb1ec02d01eda3581b127c1fee";

/** A page or an error document in place of the file, which storages and sign-on proxies send with a 200. */
function refuseOtherContent({ asked, header }: Answer): void {
  const encoding = header("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw otherContent(asked, `in the encoding "${encoding}", although the bytes were asked for as they are`);
  }
  const type = header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "text/html" && !/\.x?html?$/i.test(asked.first.pathname)) throw signIn(asked);
  if (/^(application|text)\/xml$/.test(type) && asked.first.pathname.endsWith("/artifacts")) {
    throw otherContent(asked, "with an XML document in place of the archive");
  }
}

function declaredLength({ header }: Answer): number | undefined {
  const length = header("content-length");
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** `Content-Range: bytes 0-99/1234` (RFC 9110 §14.4), which a 206 with one part has. */
function partOf({ header }: Answer): Download["part"] {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(header("content-range") ?? "") ?? [];
  return start === undefined ? undefined : { start: Number(start), total: Number(total) };
}

interface Expected {
  /** Of the whole object. */
  readonly size: number | undefined;
  readonly offset: number;
  readonly signal: AbortSignal | undefined;
  readonly paceMs: number;
}

async function* counted(
  body: AsyncIterable<Uint8Array>,
  asked: Asked,
  { size: declared, offset, signal, paceMs }: Expected,
): AsyncGenerator<Uint8Array, void> {
  const pace = leastPace(paceMs);
  let bytes = offset;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (declared !== undefined && bytes > declared) break;
      pace.came(chunk.length);
      yield chunk;
      pace.waits();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw brokenOff(asked, { bytes, declared }, error) ?? error;
  }
  if (declared !== undefined && bytes !== declared) throw brokenOff(asked, { bytes, declared });
}

async function* resumed(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield first;
    yield* rest;
  } finally {
    // A reader that stops at the first part ends the body, too.
    await rest.return();
  }
}

function otherContent(asked: Asked, what: string): GitLabError {
  return new GitLabError(
    "GITLAB_UNEXPECTED_ANSWER",
    `${place(asked.url)} answered 200 ${what}. ${tokenSentence(asked)}`,
    { status: 200, hint: "look for a proxy between here and the instance that changes what it carries" },
  );
}
