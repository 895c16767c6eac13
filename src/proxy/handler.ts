import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../errors.js";
import type { Lock } from "../lock/schema.js";
import { type Asked, askedBy, refuseIntruder } from "./asked.js";
import type { Health } from "./health.js";
import type { Listener } from "./listener.js";
import type { Caller } from "./policy.js";
import { probe } from "./probe.js";
import { refuse } from "./refuse.js";
import { BROKEN, type Refusal, type Text, upstreamFailed } from "./refusals.js";
import { sendText } from "./respond.js";
import { route } from "./route.js";
import { type ServeOptions, serve } from "./serve.js";

export interface HandlerOptions extends ServeOptions {
  /** Where the request came in, with the real port. */
  readonly listener: Listener;
  /** The locks as they are now; asked once per request. */
  readonly locks: () => readonly Lock[];
  readonly health: () => Health;
}

/** Answers every request; never throws. */
export async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HandlerOptions,
): Promise<void> {
  const asking = { request, response, id: randomUUID() };
  const asked = askedBy(request);
  const caller = openToAll(asked, options) ?? (await callerOf(request, options));
  const found = "kind" in caller ? route(asked, options.locks()) : caller;
  if ("status" in found) refuse(asking, found, options.log);
  else if ("lines" in found) sendText(asking, found);
  else if ("kind" in caller) await serve(asking, { caller, found }, options);
}

/** What is answered whoever asks. */
function openToAll(
  asked: Asked,
  { listener, authority, health }: HandlerOptions,
): Text | Refusal | undefined {
  return refuseIntruder(asked, listener) ?? probe(asked.target, { authority: authority.name, health });
}

/** Who asks; a refusal is the same whether or not there is what they ask for. */
async function callerOf(request: IncomingMessage, { authority }: HandlerOptions): Promise<Caller | Refusal> {
  try {
    return await authority.identify(request);
  } catch (error) {
    return error instanceof UserError ? upstreamFailed(error) : { ...BROKEN, cause: error };
  }
}
