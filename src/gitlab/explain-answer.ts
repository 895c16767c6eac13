/**
 * What GitLab's refusals mean.
 *
 * Sources: GitLab `lib/api/helpers.rb`, `lib/api/api_guard.rb`, documentation "REST API: Status codes" and "Rate limits".
 */
import { type Asked, betterTokenHint, place, quote, tokenHint, tokenSentence, whoHint } from "./asked.js";
import type { Diagnosis } from "./diagnosis.js";
import { GitLabError } from "./gitlab-error.js";
import { notFound } from "./not-found.js";
import { isTransientStatus } from "../transient-status.js";
import { serverWait } from "./retry.js";
import { ErrorBody, StorageErrorBody } from "./schema.js";

/** An answer that is none: its status, headers and the beginning of its body. */
export interface Refusal {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/** The error for an answer with a status other than the wanted one. */
export function refused(asked: Asked, refusal: Refusal): GitLabError {
  const { code, meaning, hint, transient = isTransientStatus(refusal.status) } = diagnose(asked, refusal);
  const said = saying(refusal, asked);
  const waitMs = serverWait(refusal.header, new Date());
  const message = [
    `${place(asked.url)} answered ${refusal.status}${said === "" ? "" : ` "${said}"`}: ${meaning}.`,
    ...(waitMs === undefined || waitMs < 1000 ? [] : [`GitLab asks to wait ${duration(waitMs)}.`]),
    tokenSentence(asked),
  ].join(" ");
  return new GitLabError(code, message, { status: refusal.status, transient, waitMs, hint });
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

function diagnose(asked: Asked, refusal: Refusal): Diagnosis {
  const { status } = refusal;
  if (status === 429) return RATE_LIMITED;
  if (status >= 500) return UNAVAILABLE;
  if (!asked.home || StorageErrorBody.safeParse(refusal.text).success) return storageRefused(refusal.text);
  if (status === 401) return unauthorized(asked, refusal.text);
  if (status === 403) return isPage(refusal) ? BLOCKED : forbidden(asked, refusal.text);
  if (status === 404) return notFound(asked, refusal.text);
  if (status === 409 && refusal.text.includes("Resource lock")) return LOCKED;
  if (status >= 300 && status < 400) {
    return { code: "GITLAB_BAD_REDIRECT", meaning: "a redirect that leads nowhere" };
  }
  if (status >= 400) return { code: "GITLAB_BAD_REQUEST", meaning: "GitLab does not accept the request" };
  return { code: "GITLAB_UNEXPECTED_ANSWER", meaning: "an answer without the content that was asked for" };
}

const RATE_LIMITED: Diagnosis = {
  code: "GITLAB_RATE_LIMITED",
  meaning: "too many requests in a short time",
  hint: "wait, then run the command again",
};

const UNAVAILABLE: Diagnosis = {
  code: "GITLAB_UNAVAILABLE",
  meaning: "the server failed",
  hint: "run the command again; if it stays, ask the administrators of the instance",
};

const BLOCKED: Diagnosis = {
  code: "GITLAB_UNEXPECTED_ANSWER",
  meaning: "a page, which is no answer of GitLab's API",
  hint: "look for a firewall or a proxy between here and the instance",
};

function isPage({ header }: Refusal): boolean {
  return header("content-type")?.startsWith("text/html") === true;
}

/** GitLab's `ExclusiveLeaseHelpers`: taken for seconds. */
const LOCKED: Diagnosis = {
  code: "GITLAB_UNAVAILABLE",
  meaning: "somebody else is changing the same thing",
  hint: "run the command again",
  transient: true,
};

/** A link of the storage is good for minutes; asked again, GitLab gives a new one. */
function storageRefused(text: string): Diagnosis {
  const { message = "" } = StorageErrorBody.safeParse(text).data ?? {};
  return { ...STORAGE_REFUSED, transient: /\bexpired\b/i.test(message) };
}

const STORAGE_REFUSED: Diagnosis = {
  code: "GITLAB_STORAGE_REFUSED",
  meaning: "the object storage behind GitLab refused the download",
  hint: "run the command again; if it stays, the administrators of the instance must look at its object storage",
};

function unauthorized(asked: Asked, text: string): Diagnosis {
  if (asked.credential === undefined) {
    return { code: "GITLAB_UNAUTHORIZED", meaning: "GitLab wants a token", hint: tokenHint(asked) };
  }
  const hint =
    asked.credential.headers["job-token"] === undefined
      ? `create a token with the scope read_api and put it into ${asked.credential.source}`
      : betterTokenHint(asked);
  if (/\bexpired\b/i.test(text)) {
    return { code: "GITLAB_TOKEN_EXPIRED", meaning: "the token has expired", hint };
  }
  if (/\brevoked\b/i.test(text)) {
    return { code: "GITLAB_TOKEN_REVOKED", meaning: "the token was revoked", hint };
  }
  return { code: "GITLAB_UNAUTHORIZED", meaning: "GitLab does not know the token", hint };
}

function forbidden(asked: Asked, text: string): Diagnosis {
  if (ErrorBody.safeParse(text).data?.error === "insufficient_scope") {
    return {
      code: "GITLAB_INSUFFICIENT_SCOPE",
      meaning: "the token lacks a scope",
      hint: "create a token with the scope read_api",
    };
  }
  return {
    code: "GITLAB_FORBIDDEN",
    meaning: "GitLab does not allow it to this caller",
    hint: whoHint(asked),
  };
}

/** What the server says itself, if it says it in words. */
function saying({ text, header }: Refusal, asked: Asked): string {
  const storage = StorageErrorBody.safeParse(text).data;
  if (storage !== undefined) return quote(`${storage.code}: ${storage.message}`, asked);
  const body = ErrorBody.safeParse(text).data;
  if (body !== undefined) return quote(body.error_description ?? body.message ?? body.error ?? "", asked);
  return header("content-type")?.startsWith("text/plain") === true ? quote(text, asked) : "";
}
