import type { Credential } from "../credentials/credentials.js";
import { excerpt } from "../redact.js";

/** A request as the messages tell of it. */
export interface Asked {
  /** Where the request went, after redirects. */
  readonly url: URL;
  /** Where it was first sent to. */
  readonly first: URL;
  /** The credential for the origin of `first`. */
  readonly credential: Credential | undefined;
  /** False once a redirect has left the origin of `first`: from there on requests are bare. */
  readonly home: boolean;
}

/** `https://gitlab.example.com/api/v4/projects/7`: without the query, which holds the signature of a storage URL. */
export function place(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** The sentence that every message ends with: which token was sent, if any. */
export function tokenSentence(asked: Asked): string {
  if (asked.credential === undefined) {
    return `No token was sent: none is known for ${asked.first.origin}.`;
  }
  if (!asked.home) {
    return `No token was sent there; the token from ${asked.credential.source} was sent to ${asked.first.origin} only.`;
  }
  return `The token from ${asked.credential.source} was sent.`;
}

/** How to come to a token for the instance. */
export function tokenHint(asked: Asked): string {
  const { protocol, host, origin } = asked.first;
  const setting = protocol === "https:" ? host : origin;
  return `set GITLAB_TOKEN to a token with the scope read_api, and GITLAB_HOST=${setting}`;
}

/** Words of the other side, fit for a message, even if it echoes the token. */
export function quote(text: string, asked: Asked): string {
  const values = Object.values(asked.credential?.headers ?? {});
  return excerpt(
    text,
    values.flatMap((value) => [value, value.replace(/^Bearer /, "")]),
  );
}
