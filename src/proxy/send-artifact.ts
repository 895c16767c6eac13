import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { GitLab } from "../gitlab/gitlab.js";
import { verifiedBody } from "../hash/verified-body.js";
import { sendHead } from "./respond.js";
import type { Route } from "./route.js";

/**
 * Sends an artifact while it is downloaded. The last chunk leaves only when all bytes were the locked ones, so that wrong bytes
 * never make a complete answer. The head leaves with the first bytes: what fails before can still be answered properly.
 *
 * @throws UserError when GitLab fails or gives other bytes; the connection is broken off if the head had been sent
 */
export async function sendArtifact(
  response: ServerResponse,
  { entry, offset, headOnly }: Route,
  gitlab: GitLab,
): Promise<void> {
  const { artifact, variant } = entry;
  if (headOnly) {
    sendHead(response, variant.size, offset);
    response.end();
    return;
  }
  const download = await gitlab.download(variant.url, { signal: untilClosed(response) });
  const body = skip(verifiedBody(download, { artifact, ...variant }), offset ?? 0);
  const first = await body.next();
  sendHead(response, variant.size, offset);
  await pipeline(first.done === true ? [] : prepend(first.value, body), response);
}

/** Aborts when the client goes away before it has everything. */
function untilClosed(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => controller.abort());
  return controller.signal;
}

async function* skip(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let ahead = bytes;
  for await (const chunk of body) {
    if (ahead < chunk.length) yield ahead === 0 ? chunk : chunk.subarray(ahead);
    ahead = Math.max(0, ahead - chunk.length);
  }
}

async function* prepend(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
