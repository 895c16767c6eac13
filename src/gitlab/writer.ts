/**
 * The side of the GitLab client that changes something. A request whose fate is unknown (no answer, a gateway's error) is sent
 * again only when a second one does no harm; whoever sends another kind looks first whether the first one arrived.
 */
import { Agent } from "undici";
import type { ZodType } from "zod";
import type { Credential } from "../credentials/credentials.js";
import { apiUrl } from "./api-url.js";
import { place } from "./asked.js";
import type { GitLabOptions } from "./client.js";
import { headerOf, type Line, readBeginning, requestOnce } from "./exchange.js";
import { refused } from "./explain-answer.js";
import { GitLabError } from "./gitlab-error.js";
import { readJson } from "./read-json.js";
import { withRetries } from "./retry.js";
import { DEFAULT_TIMEOUTS } from "./timeouts.js";
import { withCredential } from "./with-credential.js";

export interface Write<T> {
  readonly method: "POST" | "PUT" | "DELETE";
  /** As for `GitLab.get`. */
  readonly path: readonly (string | number)[];
  readonly body?: object;
  /** Of the answer; undefined for an answer that is not read. */
  readonly answer: ZodType<T>;
  /** Whether a second request after a lost answer leaves things as one does. */
  readonly repeatable: boolean;
}

export interface GitLabWriter {
  /**
   * Sends one change.
   *
   * @throws GitLabError; `UnknownFate` when GitLab may have done it all the same
   */
  send<T>(instance: string, write: Write<T>): Promise<T>;

  close(): Promise<void>;
}

/** Answers by GitLab itself or by what stands before it, given before anything was done: RFC 6585 §4 and GitLab's resource lock. */
function wasNotDone(error: GitLabError): boolean {
  return error.status === 429 || (error.status === 409 && error.message.includes("Resource lock"));
}

/** The writer of a command; `close` it with the client that reads. An abort of the signal ends a pause, but no change that was sent. */
export function createGitLabWriter(options: GitLabOptions): GitLabWriter {
  const { connect, headers, stall, answer } = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const agent = new Agent({ connect: { timeout: connect }, headersTimeout: headers, bodyTimeout: stall });
  const { credentials, userAgent = "nix-artifacts" } = options;
  const line = { agent, credentials, userAgent, answerMs: answer };
  return {
    send(instance, write) {
      const url = apiUrl(instance, write.path);
      const { retry = {}, signal, onRetry } = options;
      return withRetries(() => attempt(line, url, write), retry, { signal, onRetry });
    },
    close: () => agent.destroy(),
  };
}

async function attempt<T>(line: Line, url: URL, write: Write<T>): Promise<T> {
  try {
    return await withCredential(line.credentials, url, (credential) =>
      sendAs(credential, line, { url, ...write }),
    );
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
    throw retryable(error, write.repeatable);
  }
}

/** The same error, transient only if the request may be sent again. */
function retryable(error: GitLabError, repeatable: boolean): GitLabError {
  if (wasNotDone(error)) return copy(error, true);
  return error.transient && !repeatable ? new UnknownFate(error) : error;
}

function copy({ code, message, hint, status, waitMs }: GitLabError, transient: boolean): GitLabError {
  return new GitLabError(code, message, { hint, status, waitMs, transient });
}

/** A change that was sent once, without an answer that says what became of it. */
export class UnknownFate extends GitLabError {
  constructor({ code, message, hint, status }: GitLabError) {
    super(code, message, { hint, status, transient: false });
  }
}

async function sendAs<T>(
  credential: Credential | undefined,
  line: Line,
  { url, method, body, answer }: Write<T> & { readonly url: URL },
): Promise<T> {
  const asked = { url, first: url, credential, home: true, bytes: false };
  const response = await requestOnce(line, asked, {
    accept: "application/json",
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const header = headerOf(response);
  const { statusCode: status } = response;
  if (status === 204) {
    await response.body.dump();
    return answer.parse(undefined);
  }
  if (status >= 200 && status < 300) return readJson({ asked, status, header, body: response.body }, answer);
  const text = await readBeginning(response, asked);
  if (status >= 300 && status < 400) throw moved(url, status);
  throw withWriterHint(refused(asked, { status, header, text }));
}

/** Reading needs less than writing, so the usual advice does not help here. */
function withWriterHint(error: GitLabError): GitLabError {
  const { code, message, status, waitMs, transient } = error;
  const isOfRights = code === "GITLAB_INSUFFICIENT_SCOPE" || code === "GITLAB_FORBIDDEN";
  const hint = isOfRights ? WRITER : error.hint?.replace("the scope read_api", "the scope api");
  return hint === error.hint ? error : new GitLabError(code, message, { hint, status, waitMs, transient });
}

const WRITER = "use a token with the scope api whose owner has at least the role Developer in the project";

/** A change is never sent on to where an answer points. */
function moved(url: URL, status: number): GitLabError {
  return new GitLabError("GITLAB_BAD_REDIRECT", `${place(url)} answered ${status} to a change.`, {
    status,
    hint: "name the project by its present path; it was moved or renamed",
  });
}
