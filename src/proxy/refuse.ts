import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../errors.js";
import { redact } from "../redact.js";
import type { Log } from "./log.js";
import type { Refusal } from "./refusals.js";
import { sendRefusal } from "./respond.js";

/** Tells the client, and the log. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { refusal, id, log }: { refusal: Refusal; id: string; log: Log },
): void {
  const path = redact((request.url ?? "").replace(/\?.*$/s, "")).slice(0, 300);
  const facts = { status: refusal.status, method: request.method ?? "", path, id };
  if ("cause" in refusal) log({ level: "error", event: "failed", ...facts, error: describe(refusal.cause) });
  else log({ level: "warn", event: "refused", ...facts, error: redact(refusal.text) });
  sendRefusal(response, refusal);
}

/** An error for the log. */
export function describe(error: unknown): string {
  if (error instanceof UserError) return redact(`${error.code}: ${error.message}`);
  return error instanceof Error ? redact(`${error.name}: ${error.message}`) : "unknown error";
}
