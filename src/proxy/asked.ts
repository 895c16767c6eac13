import type { IncomingMessage } from "node:http";
import { type Listener, authorityOf, namesListener } from "./listener.js";
import { BODY_REFUSED, CROSS_SITE, type Refusal, WRONG_METHOD, foreignHost } from "./refusals.js";

/** What of a request decides about its answer. */
export interface Asked {
  readonly method: string | undefined;
  /** The request target as it was sent. */
  readonly target: string | undefined;
  /** Headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export function askedBy({ method, url: target, headers }: IncomingMessage): Asked {
  return { method, target, headers };
}

/** What no listener of the proxy answers, whatever is asked for; undefined when the request may go on. */
export function refuseIntruder(asked: Asked, listener: Listener): Refusal | undefined {
  const { method, headers } = asked;
  const host = headers["host"];
  if (!namesListener(typeof host === "string" ? host : undefined, listener)) {
    return foreignHost(authorityOf(listener));
  }
  if (method !== "GET" && method !== "HEAD") return WRONG_METHOD;
  return refuseHeaders(asked);
}

/**
 * A browser says when another site makes it ask (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/); Nix sends neither header. A
 * body has no meaning in a GET (RFC 9110, section 9.3.1) and is where request smuggling hides.
 */
function refuseHeaders({ headers }: Asked): Refusal | undefined {
  const site = headers["sec-fetch-site"] ?? "none";
  if (headers["origin"] !== undefined || (site !== "none" && site !== "same-origin")) return CROSS_SITE;
  const length = headers["content-length"] ?? "0";
  return headers["transfer-encoding"] !== undefined || length !== "0" ? BODY_REFUSED : undefined;
}
