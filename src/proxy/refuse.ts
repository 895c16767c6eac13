import type { IncomingMessage, ServerResponse } from "node:http";
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
  log({ level: "warn", event: "refused", status: refusal.status, method: request.method ?? "", path, id });
  sendRefusal(response, refusal);
}
