import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { Lock } from "../lock/schema.js";
import type { Log } from "./log.js";
import { type Listen, authority, namesListener } from "./loopback.js";
import { BROKEN, type Refusal, foreignHost, sendRefusal, upstreamFailed } from "./respond.js";
import { type Route, route } from "./route.js";
import { sendArtifact } from "./send-artifact.js";

export interface HandlerOptions {
  /** Where the proxy listens, with the real port. */
  readonly listen: Listen;
  /** The locks as they are now; asked once per request. */
  readonly locks: () => readonly Lock[];
  readonly gitlab: GitLab;
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
  else await serve(response, found, options);
}

function decide(request: IncomingMessage, { listen, locks }: HandlerOptions): Route | Refusal {
  if (!namesListener(request.headers.host, listen)) return foreignHost(authority(listen));
  const { method, url: target, headers } = request;
  return route({ method, target, range: headers.range }, locks());
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

async function serve(response: ServerResponse, found: Route, { gitlab, log }: HandlerOptions): Promise<void> {
  const { artifact, system, variant } = found.entry;
  const started = performance.now();
  const facts = () => ({
    artifact,
    system,
    project: variant.project,
    job: variant.job,
    status: response.statusCode,
    ms: Math.round(performance.now() - started),
  });
  try {
    await sendArtifact(response, found, gitlab);
    log({ level: "info", event: "served", ...facts(), from: found.offset ?? 0, size: variant.size });
  } catch (error) {
    if (clientWentAway(response, error)) {
      log({ level: "info", event: "aborted", ...facts() });
      return;
    }
    if (response.headersSent) response.destroy();
    else sendRefusal(response, error instanceof UserError ? upstreamFailed(error) : BROKEN);
    log({ level: "error", event: "failed", ...facts(), error: describe(error) });
  }
}

/** What Node says when the other end of the answer is gone; what GitLab's end says is a `UserError`. */
const GONE = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED", "ABORT_ERR"]);

function clientWentAway(response: ServerResponse, error: unknown): boolean {
  if (!response.destroyed || !(error instanceof Error)) return false;
  return error.name === "AbortError" || ("code" in error && GONE.has(String(error.code)));
}

function describe(error: unknown): string {
  if (error instanceof UserError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : "unknown error";
}
