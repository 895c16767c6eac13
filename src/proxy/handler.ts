import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../errors.js";
import type { Lock } from "../lock/schema.js";
import { askedBy, refuseIntruder } from "./asked.js";
import type { Authority } from "./authority.js";
import type { Cache } from "./cache/cache.js";
import { ContentLost } from "./cache/content.js";
import type { Listener } from "./listener.js";
import type { LockedEntry } from "./locked-index.js";
import type { Log } from "./log.js";
import { type Health, probe } from "./probe.js";
import {
  BROKEN,
  type Refusal,
  type Text,
  sendHead,
  sendRefusal,
  sendText,
  sendUnchanged,
  upstreamFailed,
} from "./respond.js";
import { type ArtifactAnswer, type Route, route } from "./route.js";
import { sendContent } from "./send-content.js";
import { storedBytes, storedDownload } from "./stored.js";

export interface HandlerOptions {
  /** Where the request came in, with the real port. */
  readonly listener: Listener;
  /** The locks as they are now; asked once per request. */
  readonly locks: () => readonly Lock[];
  readonly authority: Authority;
  readonly health: () => Health;
  readonly cache: Cache;
  readonly log: Log;
}

/** Answers every request; never throws. */
export async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HandlerOptions,
): Promise<void> {
  const found = decide(request, options);
  if ("status" in found) refuse(request, response, { refusal: found, log: options.log });
  else if ("lines" in found) sendText(response, found);
  else await serve(request, response, { ...options, found });
}

function decide(request: IncomingMessage, options: HandlerOptions): Route | Text | Refusal {
  const { listener, authority, health, locks } = options;
  const asked = askedBy(request);
  return (
    refuseIntruder(asked, listener) ??
    probe(asked.target, { authority: authority.name, health }) ??
    route(asked, locks())
  );
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { refusal, log }: { refusal: Refusal; log: Log },
): void {
  const path = (request.url ?? "").replace(/\?.*$/s, "").slice(0, 300);
  log({ level: "warn", event: "refused", status: refusal.status, method: request.method ?? "", path });
  sendRefusal(response, refusal);
}

interface Serve extends HandlerOptions {
  readonly found: Route;
}

async function serve(request: IncomingMessage, response: ServerResponse, options: Serve): Promise<void> {
  const { log, found } = options;
  const started = performance.now();
  const facts = ({ artifact, system, variant }: LockedEntry) => ({
    artifact,
    system,
    project: variant.project,
    job: variant.job,
    status: response.statusCode,
    ms: Math.round(performance.now() - started),
  });
  try {
    const { entry, from, sent } = await answer(request, response, options);
    log({ level: "info", event: "served", ...facts(entry), from, sent });
  } catch (error) {
    const told = facts(found.entries[0]);
    if (clientWentAway(response, error)) return log({ level: "info", event: "aborted", ...told });
    if (response.headersSent) response.destroy();
    else sendRefusal(response, error instanceof UserError ? upstreamFailed(error) : BROKEN);
    log({ level: "error", event: "failed", ...told, status: response.statusCode, error: describe(error) });
  }
}

interface Served {
  readonly entry: LockedEntry;
  /** Where the bytes came from. */
  readonly from: "lock" | "cache" | "shared" | "gitlab";
  /** Bytes of the body that were sent. */
  readonly sent: number;
}

/** Answers a caller who may have the artifact. */
async function answer(request: IncomingMessage, response: ServerResponse, options: Serve): Promise<Served> {
  const { authority, cache, found } = options;
  const { entry, download } = await authority.admit(request, found.entries);
  const { answer, headOnly } = found;
  if ("lines" in answer) {
    sendText(response, answer);
    return { entry, from: "lock", sent: answer.lines.length };
  }
  if (headOnly || request.headers["if-none-match"] === answer.etag) {
    if (headOnly) sendHead(response, answer);
    else sendUnchanged(response, answer);
    response.end();
    return { entry, from: "lock", sent: 0 };
  }
  const { content, from } = await cache.acquire(storedBytes(entry), storedDownload(entry, download));
  try {
    if (response.destroyed) throw new ContentLost("the client went away");
    response.once("close", content.close);
    const range = answer.range ?? wholeOf(answer);
    await sendContent(response, content, {
      body: answer.body,
      range,
      sendHead: () => sendHead(response, answer),
    });
    return { entry, from, sent: range.end - range.start };
  } finally {
    content.close();
  }
}

function wholeOf({ body }: ArtifactAnswer) {
  return { start: 0, end: body.size };
}

/** What Node says when the other end of the answer is gone; what GitLab's end says is a `UserError`. */
const GONE = new Set([
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
  "ABORT_ERR",
  "EPIPE",
  "ECONNRESET",
]);

function clientWentAway(response: ServerResponse, error: unknown): boolean {
  if (!response.destroyed || !(error instanceof Error)) return false;
  if (error instanceof ContentLost || error.name === "AbortError") return true;
  return "code" in error && GONE.has(String(error.code));
}

function describe(error: unknown): string {
  if (error instanceof UserError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : "unknown error";
}
