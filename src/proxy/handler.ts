import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../errors.js";
import type { Lock } from "../lock/schema.js";
import { redact } from "../redact.js";
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
import { storedBytes, storedSource } from "./stored.js";

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

/** Who waits so long for the first byte is worth a look by the operator. */
const SLOW_MS = 10_000;

/** Answers every request; never throws. */
export async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HandlerOptions,
): Promise<void> {
  const found = decide(request, options);
  const id = randomBytes(8).toString("hex");
  response.setHeader("x-request-id", id);
  if ("status" in found) refuse(request, response, { refusal: found, id, log: options.log });
  else if ("lines" in found) sendText(response, found);
  else await serve(request, response, { ...options, id, found });
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

/** Tells the client, and the log. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { refusal, id, log }: { refusal: Refusal; id: string; log: Log },
): void {
  const path = redact((request.url ?? "").replace(/\?.*$/s, "")).slice(0, 300);
  log({ level: "warn", event: "refused", status: refusal.status, method: request.method ?? "", path, id });
  sendRefusal(response, refusal);
}

interface Serve extends HandlerOptions {
  /** Of the request, for the log and for whoever asked. */
  readonly id: string;
  readonly found: Route;
}

async function serve(request: IncomingMessage, response: ServerResponse, options: Serve): Promise<void> {
  const { id, log, found } = options;
  const started = performance.now();
  const facts = ({ artifact, system, variant }: LockedEntry) => ({
    artifact,
    system,
    project: variant.project,
    job: variant.job,
    status: response.statusCode,
    ms: Math.round(performance.now() - started),
    id,
  });
  try {
    const { entry, from, sent, headAt } = await answer(request, response, options);
    const waited = Math.round(headAt - started);
    const level = waited >= SLOW_MS ? "warn" : "info";
    log({ level, event: "served", ...facts(entry), waited, from, sent });
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
  /** When the answer began, by `performance.now`: what is before is not the client's slowness. */
  readonly headAt: number;
}

/** Answers a caller who may have the artifact. */
async function answer(request: IncomingMessage, response: ServerResponse, options: Serve): Promise<Served> {
  const { authority, cache, found } = options;
  const { entry, source } = await authority.admit(request, found.entries);
  const { answer, headOnly } = found;
  if ("lines" in answer) {
    sendText(response, answer);
    return { entry, from: "lock", sent: answer.lines.length, headAt: performance.now() };
  }
  if (headOnly || request.headers["if-none-match"] === answer.etag) {
    if (headOnly) sendHead(response, answer);
    else sendUnchanged(response, answer);
    response.end();
    return { entry, from: "lock", sent: 0, headAt: performance.now() };
  }
  const { content, from } = await cache.acquire(storedBytes(entry), storedSource(entry, source));
  try {
    if (response.destroyed) throw new ContentLost("the client went away");
    response.once("close", content.close);
    const range = answer.range ?? wholeOf(answer);
    let headAt = performance.now();
    await sendContent(response, content, {
      body: answer.body,
      range,
      sendHead() {
        headAt = performance.now();
        sendHead(response, answer);
      },
    });
    return { entry, from, sent: range.end - range.start, headAt };
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
  if (error instanceof UserError) return redact(`${error.code}: ${error.message}`);
  return error instanceof Error ? redact(`${error.name}: ${error.message}`) : "unknown error";
}
