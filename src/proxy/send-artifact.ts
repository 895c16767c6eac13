import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { GitLab } from "../gitlab/gitlab.js";
import { verifiedBody } from "../hash/verified-body.js";
import { withVerifiedNar } from "../hash/verified-nar.js";
import { sendHead } from "./respond.js";
import { type Route, servedSize } from "./route.js";

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
  const size = servedSize(variant);
  if (headOnly) {
    sendHead(response, size, offset);
    response.end();
    return;
  }
  const download = await gitlab.download(variant.url, { signal: untilClosed(response) });
  const send = (bytes: AsyncIterable<Uint8Array>) => sendBody(response, bytes, { size, offset });
  const { form } = variant;
  if (form === "unpacked") {
    await withVerifiedNar(download, { artifact, ...variant }, (nar) => send(nar.read()));
  } else {
    await send(verifiedBody(download, { artifact, ...variant, form }));
  }
}

async function sendBody(
  response: ServerResponse,
  bytes: AsyncIterable<Uint8Array>,
  { size, offset }: { readonly size: number; readonly offset: number | undefined },
): Promise<void> {
  const body = skip(bytes, offset ?? 0);
  const first = await body.next();
  sendHead(response, size, offset);
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
