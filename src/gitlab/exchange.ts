import type { Agent, Dispatcher } from "undici";
import type { Credential, Credentials } from "../credentials/credentials.js";
import type { Asked } from "./asked.js";
import { refused } from "./explain-answer.js";
import { brokenOff, unreachable } from "./explain-network.js";
import { GitLabError } from "./gitlab-error.js";
import { followed, isRedirect, tooManyRedirects } from "./redirect.js";

/** What every request of one client has in common. */
export interface Line {
  readonly agent: Agent;
  readonly credentials: Credentials;
  readonly userAgent: string;
}

/** What this request adds. */
export interface RequestOptions {
  readonly accept: string;
  readonly signal?: AbortSignal | undefined;
  /** Value of the header `Range`; the answer may then also be a 206. */
  readonly range?: string | undefined;
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
 * @throws GitLabError for everything but a 200, and a 206 to who asked for a part
 */
export async function exchange(line: Line, url: URL, options: RequestOptions): Promise<Answer> {
  if (options.credential !== undefined) return exchangeAs(options.credential, line, { url, ...options });
  const credential = await line.credentials.for(url);
  try {
    return await exchangeAs(credential, line, { url, ...options });
  } catch (error) {
    if (credential === undefined || !(error instanceof GitLabError) || error.status !== 401) throw error;
    const renewed = await line.credentials.renewed?.(url, credential);
    if (renewed === undefined) throw error;
    return exchangeAs(renewed, line, { url, ...options });
  }
}

async function exchangeAs(
  credential: Credential | undefined,
  line: Line,
  { url, ...options }: RequestOptions & { readonly url: URL },
): Promise<Answer> {
  let asked: Asked = { url, first: url, credential, home: true };
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await requestOnce(line, asked, options);
    const header = headerOf(response);
    if (response.statusCode === 200 || (response.statusCode === 206 && options.range !== undefined))
      return { asked, header, body: response.body };
    const text = await readBeginning(response, asked);
    if (!isRedirect(response.statusCode) || (options.method ?? "GET") !== "GET") {
      throw refused(asked, { status: response.statusCode, header, text });
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
    ...(options.body === undefined ? {} : { "content-type": "application/json" }),
  };
  try {
    return await line.agent.request({
      origin: asked.url.origin,
      path: `${asked.url.pathname}${asked.url.search}`,
      method: options.method ?? "GET",
      body: options.body ?? null,
      headers: asked.home ? { ...bare, ...asked.credential?.headers } : bare,
      signal: options.signal ?? null,
    });
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

/** The beginning of a body that nobody wants, as text; the rest is given up together with the connection. */
export async function readBeginning({ body }: Dispatcher.ResponseData, asked: Asked): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      const part = chunk as Uint8Array; // undici's bodies are binary unless an encoding is set
      chunks.push(part);
      bytes += part.length;
      if (bytes >= MAX_REFUSAL) break;
    }
  } catch (error) {
    // What came is enough to tell the status apart.
    if (brokenOff(asked, { bytes, declared: undefined }, error) === undefined) throw error;
  }
  return Buffer.concat(chunks).toString("utf8", 0, MAX_REFUSAL);
}
