/**
 * The answer to a request, before it is sent, and the shapes that GitLab gives its answers.
 */
import type { Content } from "../archive/content.js";

export interface Reply {
  readonly status: number;
  /** Names as GitLab spells them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

export type Body =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "json"; readonly value: unknown }
  /** Bytes `start` to before `end` of the content. */
  | { readonly kind: "content"; readonly content: Content; readonly start: number; readonly end: number }
  /** What the storage answers to a GET of `url`. */
  | { readonly kind: "forward"; readonly url: string };

/** Ends the handling of a request with a reply, from wherever it is thrown. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`refused with ${reply.status}`);
    this.reply = reply;
  }
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json", ...headers },
    body: { kind: "json", value },
  };
}

export function text(status: number, text: string, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "Content-Type": "text/plain", ...headers }, body: { kind: "text", text } };
}

export function html(status: number, body: string): Reply {
  return text(status, `<!DOCTYPE html>\n<html>\n<body>${body}</body>\n</html>\n`, {
    "Content-Type": "text/html; charset=utf-8",
  });
}

/** The form that S3 gives its errors: elements by name, in the order given. */
export function xmlError(
  status: number,
  code: string,
  message: string,
  details: Readonly<Record<string, string>> = {},
): Reply {
  const fields = Object.entries({ Code: code, Message: message, ...details, RequestId: "0" });
  const elements = fields.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join("");
  return text(status, `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${elements}</Error>`, {
    "Content-Type": "application/xml",
  });
}

function escapeXml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

export function empty(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: { kind: "text", text: "" } };
}

/** GitLab's own refusals: `{"message":"404 Project Not Found"}`. */
export function refuse(status: number, message: string): never {
  throw new Refusal(json({ message: `${status} ${message}` }, status));
}

/** Refusals of the parameter validation (Grape) and of whoever uses its `error!` directly: `{"error":"job is missing"}`. */
export function refuseError(status: number, error: string): never {
  throw new Refusal(json({ error }, status));
}

/** No record in the database: the rescue of every lookup, with a lower-case "found". */
export function refuseMissingRecord(): never {
  refuse(404, "Not found");
}

/** Workhorse's own 404, for what it did not find in an archive. */
export function workhorseNotFound(): Reply {
  return text(404, "404 page not found\n", {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  });
}

/** Rack::Attack's and everybody's refusal of too many requests, in the three forms that clients meet. */
export function tooManyRequests(
  shape: "rack" | "application" | "edge",
  retryAfterSeconds: number,
  now: Date,
): Reply {
  if (shape === "application")
    return json(
      { message: { error: "This endpoint has been requested too many times. Try again later." } },
      429,
    );
  if (shape === "edge") return html(429, "<h1>Too Many Requests</h1>");
  const resetsAt = new Date(now.getTime() + retryAfterSeconds * 1000);
  return text(429, "Retry later\n", {
    "Retry-After": String(retryAfterSeconds),
    "RateLimit-Reset": String(Math.floor(resetsAt.getTime() / 1000)),
    "RateLimit-ResetTime": resetsAt.toUTCString(),
  });
}
