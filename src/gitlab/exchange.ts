import type { Agent, Dispatcher } from "undici";
import type { Credential, Credentials } from "../credentials/credentials.js";
import { readText } from "../read-text.js";
import type { Asked } from "./asked.js";
import { refused } from "./explain-answer.js";
import { brokenOff, unreachable } from "./explain-network.js";
import { followed, isRedirect, tooManyRedirects } from "./redirect.js";
import { endWithin } from "./too-slow.js";
import { withCredential } from "./with-credential.js";

/** What every request of one client has in common. */
export interface Line {
  readonly agent: Agent;
  readonly credentials: Credentials;
  readonly userAgent: string;
  /** As `Timeouts.answer`. */
  readonly answerMs: number;
}

/** What this request adds. */
export interface RequestOptions {
  readonly accept: string;
  readonly signal?: AbortSignal | undefined;
  /** Value of the header `Range`; the answer may then also be a 206. */
  readonly range?: string | undefined;
  /** Value of `If-Range` (RFC 9110 §13.1.5), a strong tag or a date: the range is meant of that object only. */
  readonly ifRange?: string | undefined;
  /** Default GET. Redirects of anything else are not followed. */
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** JSON text to send. */
  readonly body?: string | undefined;
  /** In place of the client's own. */
  readonly credential?: Credential | undefined;
}

/** A success whose body has not been read. */
export interface Answer {
  readonly asked: Asked;
  /** 200, or 206 where a range was asked for. */
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Dispatcher.ResponseData["body"];
}

/** A moved project, then the storage, leaves three to spare. */
const MAX_REDIRECTS = 5;
/** Bytes of a refusal that are looked at. */
const MAX_REFUSAL = 16 * 1024;

/**
 * One GET, or a POST that only asks, with redirects followed by hand: a client that follows them itself would drop
 * `Authorization` but carry `PRIVATE-TOKEN` and `JOB-TOKEN` to the storage of another origin. After a 401 it is sent once more if
 * there is another credential by now.
 *
 * @throws GitLabError for everything but a 200, or a 206 where a range was asked for
 */
export async function exchange(line: Line, url: URL, options: RequestOptions): Promise<Answer> {
  const as = (credential: Credential | undefined) => exchangeAs(credential, line, { url, ...options });
  return options.credential === undefined
    ? withCredential(line.credentials, url, as)
    : as(options.credential);
}

async function exchangeAs(
  credential: Credential | undefined,
  line: Line,
  { url, ...options }: RequestOptions & { readonly url: URL },
): Promise<Answer> {
  let asked: Asked = { url, first: url, credential, home: true, bytes: options.accept === "*/*" };
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await requestOnce(line, asked, options);
    const header = headerOf(response);
    const { statusCode: status } = response;
    if (status === 200 || (status === 206 && options.range !== undefined)) {
      return { asked, status, header, body: response.body };
    }
    const text = await readBeginning(response, asked);
    if (!isRedirect(status) || (options.method ?? "GET") !== "GET") {
      throw refused(asked, { status, header, text });
    }
    asked = followed(asked, header("location"));
  }
  throw tooManyRedirects(asked, MAX_REDIRECTS);
}

/** One request, no redirect followed, nothing read of the answer. */
export async function requestOnce(
  line: Line,
  asked: Asked,
  options: RequestOptions,
): Promise<Dispatcher.ResponseData> {
  const bare = {
    accept: options.accept,
    // The digests are of the bytes as they are, and Content-Length must count them.
    "accept-encoding": "identity",
    "user-agent": line.userAgent,
    ...(options.range === undefined ? {} : { range: options.range }),
    ...(options.ifRange === undefined ? {} : { "if-range": options.ifRange }),
    ...(options.body === undefined ? {} : { "content-type": "application/json" }),
  };
  try {
    const response = await line.agent.request({
      origin: asked.url.origin,
      path: `${asked.url.pathname}${asked.url.search}`,
      method: options.method ?? "GET",
      body: options.body ?? null,
      headers: asked.home ? { ...bare, ...asked.credential?.headers } : bare,
      signal: options.signal ?? null,
    });
    if (!asked.bytes || response.statusCode >= 300) endWithin(response.body, line.answerMs);
    return response;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw unreachable(asked, error) ?? error;
  }
}

export function headerOf(response: Dispatcher.ResponseData): Answer["header"] {
  return (name) => {
    const value = response.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
}

/** The beginning of a body that nobody wants, as text. */
export async function readBeginning({ body }: Dispatcher.ResponseData, asked: Asked): Promise<string> {
  const { text, bytes, failure } = await readText(body, MAX_REFUSAL);
  // What came is enough to tell the status apart.
  if (failure !== undefined && brokenOff(asked, { bytes, declared: undefined }, failure) === undefined)
    throw failure;
  return text;
}
