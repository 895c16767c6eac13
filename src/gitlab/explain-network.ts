/** What failures below HTTP mean: no connection, no TLS, no answer in time, an answer that breaks off. */
import { type Asked, place, tokenSentence } from "./asked.js";
import { GitLabError, type GitLabErrorCode } from "./gitlab-error.js";
import { networkCode } from "../network-code.js";

/** The error for a request that got no answer; undefined when `error` is none of the network's. */
export function unreachable(asked: Asked, error: unknown): GitLabError | undefined {
  const failure = failureOf(error);
  if (failure === undefined) return undefined;
  const { code, meaning, hint, transient } = failure;
  return new GitLabError(code, `${place(asked.url)} gave no answer: ${meaning}. ${tokenSentence(asked)}`, {
    transient,
    hint: hint ?? `check the address ${asked.url.origin} and the network`,
    cause: error,
  });
}

/** How much of a body came. */
export interface Received {
  readonly bytes: number;
  readonly declared: number | undefined;
}

/** The error for a body that broke off or has another length than declared; undefined as above. */
export function brokenOff(asked: Asked, received: Received, error?: unknown): GitLabError | undefined {
  const failure = error === undefined ? undefined : failureOf(error);
  if (error !== undefined && failure === undefined) return undefined;
  const of = received.declared === undefined ? "" : ` of ${received.declared}`;
  const stalled = failure?.code === "GITLAB_TIMEOUT";
  const message = `${place(asked.url)} sent ${received.bytes}${of} bytes${failure === undefined ? "" : `, then ${failure.meaning}`}.`;
  return new GitLabError(
    stalled ? "GITLAB_TIMEOUT" : "GITLAB_TRUNCATED",
    `${message} ${tokenSentence(asked)}`,
    {
      transient: true,
      hint: "run the command again",
      cause: error,
    },
  );
}

interface Failure {
  readonly code: GitLabErrorCode;
  /** Finishes "… gave no answer: " and "…, then ". */
  readonly meaning: string;
  readonly hint?: string;
  readonly transient: boolean;
}

function failureOf(error: unknown): Failure | undefined {
  const code = networkCode(error);
  if (code === undefined) return undefined;
  if (TLS_CODES.test(code)) return tlsFailure(code);
  return FAILURES[code] ?? (code.startsWith("HPE_") ? notHttp(code) : undefined);
}

/** OpenSSL's verification results as Node spells them (Node documentation, "X509 certificate error codes"). */
const TLS_CODES =
  /^(CERT_|CRL_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA$|HOSTNAME_MISMATCH$)/;

function tlsFailure(code: string): Failure {
  return {
    code: "GITLAB_TLS",
    meaning: `the TLS connection could not be trusted or made (${code})`,
    hint: "if the instance has a certificate of your own authority, name that in NODE_EXTRA_CA_CERTS",
    transient: false,
  };
}

function notHttp(code: string): Failure {
  return {
    code: "GITLAB_UNREACHABLE",
    meaning: `what answers does not speak HTTP (${code})`,
    transient: false,
  };
}

function unreached(meaning: string): Failure {
  return { code: "GITLAB_UNREACHABLE", meaning, transient: true };
}

function tooSlow(meaning: string): Failure {
  return { code: "GITLAB_TIMEOUT", meaning, transient: true };
}

/** Codes of Node's and undici's errors, and those of `too-slow.ts`. */
const FAILURES: Readonly<Record<string, Failure>> = {
  ENOTFOUND: { ...unreached("the host name is not known (ENOTFOUND)"), transient: false },
  EAI_AGAIN: unreached("the host name could not be looked up (EAI_AGAIN)"),
  ECONNREFUSED: unreached("nothing listens there (ECONNREFUSED)"),
  ECONNRESET: unreached("the connection was reset (ECONNRESET)"),
  EPIPE: unreached("the connection was closed (EPIPE)"),
  EHOSTUNREACH: unreached("there is no way to the host (EHOSTUNREACH)"),
  ENETUNREACH: unreached("there is no way to the network (ENETUNREACH)"),
  UND_ERR_SOCKET: unreached("the connection was closed"),
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: unreached("the body ended"),
  HPE_INVALID_EOF_STATE: unreached("the body ended"),
  ETIMEDOUT: tooSlow("the connection timed out (ETIMEDOUT)"),
  UND_ERR_CONNECT_TIMEOUT: tooSlow("the connection was not made in time"),
  UND_ERR_HEADERS_TIMEOUT: tooSlow("the server did not answer in time"),
  ANSWER_TIMEOUT: tooSlow("the time for a whole answer was over"),
  DOWNLOAD_TOO_SLOW: tooSlow("the rest came too slowly to wait for"),
  UND_ERR_BODY_TIMEOUT: tooSlow("the server sent nothing more for too long"),
};
