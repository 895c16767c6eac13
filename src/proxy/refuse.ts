import type { IncomingMessage } from "node:http";
import { UserError } from "../errors.js";
import { redact } from "../redact.js";
import type { Log } from "./log.js";
import type { Refusal } from "./refusals.js";
import { type Unsent, sendRefusal } from "./respond.js";

/** A request that was not answered. */
export interface Asking extends Unsent {
  readonly request: IncomingMessage;
}

/** Tells the client, and the log. */
export function refuse(asking: Asking, refusal: Refusal, log: Log): void {
  const { request, id } = asking;
  const path = redact((request.url ?? "").replace(/\?.*$/s, "")).slice(0, 300);
  const facts = { status: refusal.status, method: request.method ?? "", path, id };
  if ("cause" in refusal) log({ level: "error", event: "failed", ...facts, error: describe(refusal.cause) });
  else log({ level: "warn", event: "refused", ...facts, error: redact(refusal.text) });
  sendRefusal(asking, refusal);
}

/** An error for the log. */
export function describe(error: unknown): string {
  if (error instanceof UserError) return redact(`${error.code}: ${error.message}`);
  return error instanceof Error ? redact(`${error.name}: ${error.message}`) : "unknown error";
}
