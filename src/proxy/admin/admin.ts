import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { askedBy, refuseIntruder } from "../asked.js";
import type { Listener } from "../listener.js";
import type { Log } from "../log.js";
import { json, probe } from "../probe.js";
import { refuse } from "../refuse.js";
import { BROKEN, NOT_FOR_ADMINS, type Refusal, type Text } from "../refusals.js";
import { sendText } from "../respond.js";
import type { Metrics } from "./metrics.js";
import { type Facts, type Report, report } from "./report.js";
import { PAGE_HEADERS, printPage } from "./status-page.js";

export interface AdminOptions {
  readonly listener: Listener;
  readonly facts: Facts;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Answers every request of an operator; never throws. It gives out names, never a byte of an artifact, and changes nothing. */
export async function handleAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  options: AdminOptions,
): Promise<void> {
  const asking = { request, response, id: randomUUID() };
  const answer = await decide(request, options).catch((cause: unknown) => ({ ...BROKEN, cause }));
  if ("status" in answer) refuse(asking, answer, options.log);
  else sendText(asking, answer);
}

async function decide(request: IncomingMessage, options: AdminOptions): Promise<Text | Refusal> {
  const { listener, facts, metrics } = options;
  const asked = askedBy(request);
  const known =
    refuseIntruder(asked, listener) ?? probe(asked.target, { authority: "admin", health: facts.health });
  if (known !== undefined) return known;
  switch (asked.target) {
    case "/":
      return {
        type: "text/html; charset=utf-8",
        lines: printPage(await report(facts, Date.now())),
        headers: PAGE_HEADERS,
      };
    case "/-/status":
      return json(inInstants(await report(facts, Date.now())));
    case "/metrics":
      // https://prometheus.io/docs/instrumenting/exposition_formats/
      return { type: "text/plain; version=0.0.4; charset=utf-8", lines: await metrics.text(facts) };
    default:
      return NOT_FOR_ADMINS;
  }
}

/** The report with its times as text. */
function inInstants(value: Report): object {
  const times = new Set(["now", "at", "since", "startedAt", "loadedAt", "lastServed", "expiresAt"]);
  return JSON.parse(JSON.stringify(value), (key, member: unknown) =>
    times.has(key) && typeof member === "number" ? new Date(member).toISOString() : member,
  ) as object; // it was an object
}
