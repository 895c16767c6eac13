import type { Credential } from "../credentials/credentials.js";
import { hostSetting } from "../credentials/origin.js";
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
  /** Whether the bytes of an artifact were asked for, and not JSON. */
  readonly bytes: boolean;
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
  return `set GITLAB_TOKEN to a token with the scope read_api, and GITLAB_HOST=${hostSetting(asked.first)}`;
}

/** What helps when GitLab refuses the token that was sent. */
export function betterTokenHint(asked: Asked): string {
  if (asked.credential?.headers["job-token"] !== undefined) {
    return "a job token works while its job runs, and only for projects that list the job's project under Settings > CI/CD > Job token permissions; else set GITLAB_TOKEN";
  }
  return "check the spelling, and that the owner of the token is a member who may see the project's pipelines and job artifacts";
}

/** Words of the other side, fit for a message, even if it echoes the token. */
export function quote(text: string, asked: Asked): string {
  const values = Object.values(asked.credential?.headers ?? {});
  return excerpt(
    text,
    values.flatMap((value) => [value, value.replace(/^Bearer /, "")]),
  );
}

/** Who would have to ask: GitLab hides from strangers even that a thing is there. */
export function whoHint(asked: Asked): string {
  return asked.credential === undefined ? tokenHint(asked) : betterTokenHint(asked);
}
