/** A cache behind HTTP that takes PUT, as `nix copy --to http://…` expects it (libstore, HTTP binary cache store). */
import { createReadStream } from "node:fs";
import { Agent, request } from "undici";
import { connector } from "../connector.js";
import type { Credential, Credentials } from "../credentials/credentials.js";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import { excerpt } from "../redact.js";
import { isTransientStatus } from "../transient-status.js";
import type { BinaryCache } from "./cache.js";
import {
  CacheError,
  cacheUnreachable,
  explainedBody,
  type RetryOptions,
  withRetries,
} from "./cache-error.js";
import { cacheText } from "./cache-text.js";

export interface HttpCacheOptions {
  readonly credentials: Credentials;
  readonly retry?: RetryOptions;
  readonly signal?: AbortSignal | undefined;
}

interface Asked {
  readonly method: "GET" | "HEAD" | "PUT";
  readonly key: string;
  readonly type?: string;
  /** Bytes of the body. */
  readonly size?: number;
  /** Made anew for each attempt. */
  readonly body?: () => string | ReturnType<typeof createReadStream>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Of the header `Content-Length`; for HEAD. */
  readonly size: number;
  /** Of the header `Last-Modified`. */
  readonly modified: number | undefined;
}

/** @param base address of the cache, with or without a slash at its end, and without user and password */
export function openHttpCache(base: URL, { credentials, retry = {}, signal }: HttpCacheOptions): BinaryCache {
  const agent = new Agent({ connect: connector() });
  const root = new URL(base.pathname.endsWith("/") ? base : `${base.href}/`);
  const name = root.href.replace(/\/$/, "");

  return {
    name,
    async readText(key) {
      const { status, text, modified } = await ask({ method: "GET", key });
      return status === 404 ? undefined : { text, modified };
    },
    async find(key) {
      const { status, size, modified } = await ask({ method: "HEAD", key });
      return status === 404 ? undefined : { key, size, modified };
    },
    read,
    contents: undefined,
    async writeText(key, { text, type }) {
      await ask({ method: "PUT", key, type, size: Buffer.byteLength(text), body: () => text });
    },
    async takeFile(key, { path, size, type }) {
      await ask({ method: "PUT", key, type, size, body: () => createReadStream(path) });
    },
    withStaging: withTemporaryDirectory,
    close: () => agent.close(),
  };

  async function read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const url = new URL(key, root);
    const credential = await credentials.for(url);
    const headers = { ...credential?.headers };
    const answer = await answered(request(url, { dispatcher: agent, signal: signal ?? null, headers }));
    if (answer.statusCode === 200) return explainedBody(answer.body, explain);
    const text = await cacheText(answer.body);
    if (answer.statusCode === 404) return undefined;
    throw refused(`GET ${url.href}`, { status: answer.statusCode, text }, credential);
  }

  function ask(asked: Asked): Promise<Answer> {
    return withRetries(() => askOnce(asked), { ...retry, signal });
  }

  async function askOnce(asked: Asked): Promise<Answer> {
    const url = new URL(asked.key, root);
    const credential = await credentials.for(url);
    const answer = await exchange(url, asked, credential);
    const { status } = answer;
    if ((status >= 200 && status < 300) || (status === 404 && asked.method !== "PUT")) return answer;
    throw refused(`${asked.method} ${url.href}`, answer, credential);
  }

  async function exchange(url: URL, asked: Asked, credential: Credential | undefined): Promise<Answer> {
    const requested = request(url, {
      method: asked.method,
      dispatcher: agent,
      signal: signal ?? null,
      body: asked.body?.() ?? null,
      headers: {
        ...credential?.headers,
        ...(asked.type === undefined ? {} : { "content-type": asked.type }),
        ...(asked.size === undefined ? {} : { "content-length": `${asked.size}` }),
      },
    });
    return answered(
      requested.then(async ({ statusCode, headers, body }) => ({
        status: statusCode,
        text: await cacheText(body),
        size: Number(headers["content-length"] ?? 0),
        modified: timeOf(headers["last-modified"]),
      })),
    );
  }

  async function answered<T>(answering: Promise<T>): Promise<T> {
    try {
      return await answering;
    } catch (error) {
      throw explain(error);
    }
  }

  function explain(error: unknown): unknown {
    signal?.throwIfAborted();
    return cacheUnreachable(name, error) ?? error;
  }
}

function timeOf(header: string | readonly string[] | undefined): number | undefined {
  const time = Date.parse(String(header));
  return Number.isNaN(time) ? undefined : time;
}

function refused(
  what: string,
  { status, text }: Pick<Answer, "status" | "text">,
  credential: Credential | undefined,
): CacheError {
  // A page for browsers says no more than the status.
  const said = text.trimStart().startsWith("<")
    ? ""
    : excerpt(text, Object.values(credential?.headers ?? {}));
  return new CacheError(
    "CACHE_REFUSED",
    `${what}: the cache answered ${status}${said === "" ? "" : ` (${said})`}; ${sentWith(credential)}`,
    { transient: isTransientStatus(status), hint: hintFor(status) },
  );
}

function sentWith(credential: Credential | undefined): string {
  return credential === undefined
    ? "no credential was sent"
    : `a credential from ${credential.source} was sent`;
}

function hintFor(status: number): string {
  if (status === 401 || status === 403)
    return "name a file with user and password for this host: --netrc-file FILE";
  if (status >= 300 && status < 400) return "give --to the address that this one redirects to";
  if (status === 404 || status === 405 || status === 501)
    return "the address must be that of a cache that takes PUT";
  if (status === 413 || status === 507) return "the cache has no room for this; see its limits";
  return "run the command again; it sends what is missing";
}
