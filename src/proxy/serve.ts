import type { ServerResponse } from "node:http";
import type { ProxyRule } from "../config/proxy-rule.js";
import { UserError } from "../errors.js";
import type { Authority } from "./authority.js";
import type { Cache } from "./cache/cache.js";
import { type ClientPace, ClientTooSlow } from "./client-pace.js";
import { ContentLost } from "./cache/content.js";
import type { LockedEntry } from "../lock/entry.js";
import type { Log } from "./log.js";
import { type Caller, PolicyDenial, judgesProjects, nameOf, permitted } from "./policy.js";
import { type Asking, describe, refuse } from "./refuse.js";
import { BROKEN, NOT_LOCKED, upstreamFailed } from "./refusals.js";
import { sendHead, sendRefusal, sendText, sendUnchanged } from "./respond.js";
import type { ArtifactAnswer, Route } from "./route.js";
import { sendContent } from "./send-content.js";
import { storedBytes, storedSource } from "./stored.js";

export interface ServeOptions {
  readonly authority: Authority;
  /** Who may have what; undefined: whoever the authority lets in may have all that is locked. */
  readonly policy?: readonly ProxyRule[] | undefined;
  readonly cache: Cache;
  readonly log: Log;
  readonly pace: ClientPace;
}

/** Who waits so long for the first byte is worth a look by the operator. */
const SLOW_MS = 10_000;

/** Who asks for what. */
interface Wish {
  readonly caller: Caller;
  readonly found: Route;
}

/** Answers a request for what is locked; never throws. */
export async function serve(asking: Asking, wish: Wish, options: ServeOptions): Promise<void> {
  const { response, id } = asking;
  const { log } = options;
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
    const served = await answer(asking, wish, options);
    if (served === undefined) return;
    const { entry, from, sent, headAt } = served;
    const waited = Math.round(headAt - started);
    const level = waited >= SLOW_MS ? "warn" : "info";
    log({ level, event: "served", ...facts(entry), waited, from, sent });
  } catch (error) {
    const told = facts(wish.found.entries[0]);
    if (error instanceof PolicyDenial) {
      // Who asked is told what they would be told if it were not locked; the operator learns the rule.
      sendRefusal(asking, NOT_LOCKED);
      const { rule } = error;
      const { statusCode: status } = response;
      return log({ level: "warn", event: "denied", ...told, status, rule, caller: nameOf(wish.caller) });
    }
    if (clientWentAway(response, error)) return log({ level: "info", event: "aborted", ...told });
    if (error instanceof ClientTooSlow) {
      response.destroy();
      return log({ level: "warn", event: "aborted", ...told, error: error.message });
    }
    if (response.headersSent) response.destroy();
    else sendRefusal(asking, error instanceof UserError ? upstreamFailed(error) : BROKEN);
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

/** Answers a caller who may have the artifact; undefined when there is no such part of it. */
async function answer(
  asking: Asking,
  { caller, found }: Wish,
  { authority, cache, policy, pace, log }: ServeOptions,
): Promise<Served | undefined> {
  const { request, response } = asking;
  const { entries } = found;
  const located = judgesProjects(policy) ? await authority.locate(request, entries) : entries;
  const { entry, source } = await authority.admit(request, permitted(policy, caller, located));
  const { answer, headOnly } = found;
  if ("status" in answer) {
    refuse(asking, answer, log);
    return undefined;
  }
  if ("lines" in answer) {
    sendText(asking, answer);
    return { entry, from: "lock", sent: answer.lines.length, headAt: performance.now() };
  }
  if (headOnly || answer.known) {
    if (answer.known) sendUnchanged(asking, answer);
    else sendHead(asking, answer);
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
      pace,
      sendHead() {
        headAt = performance.now();
        sendHead(asking, answer);
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
