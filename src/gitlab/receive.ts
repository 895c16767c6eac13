import { type Asked, place, tokenSentence } from "./asked.js";
import type { Answer } from "./exchange.js";
import { brokenOff } from "./explain-network.js";
import { GitLabError } from "./gitlab-error.js";
import type { Download } from "./gitlab.js";
import { signIn } from "./redirect.js";

/**
 * The body of an answer as a `Download`. Waits for the first bytes, so that a connection that dies before them can be tried
 * again without anyone having seen a part.
 *
 * @throws GitLabError when the answer is known to be something else than the artifact
 */
export async function receive(answer: Answer, signal?: AbortSignal): Promise<Download> {
  const { asked, body } = answer;
  // Given up by us or by the other side: whoever reads gets the error, nobody else needs it.
  body.on("error", () => {});
  try {
    refuseOtherContent(answer);
    const declared = declaredLength(answer);
    const chunks = counted(body, asked, { declared, signal });
    const first = await chunks.next();
    return {
      size: declared,
      part: partOf(answer),
      body: first.done === true ? chunks : resumed(first.value, chunks),
      destroy: () => body.destroy(),
    };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

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
  readonly declared: number | undefined;
  readonly signal: AbortSignal | undefined;
}

async function* counted(
  body: AsyncIterable<Uint8Array>,
  asked: Asked,
  { declared, signal }: Expected,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (declared !== undefined && bytes > declared) break;
      yield chunk;
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
