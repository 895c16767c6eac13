import { Agent } from "undici";
import { z, type ZodType } from "zod";
import { connector } from "../connector.js";
import type { Credentials } from "../credentials/credentials.js";
import { UserError } from "../errors.js";
import { apiUrl } from "./api-url.js";
import { place } from "./asked.js";
import { dataOf, GraphqlAnswer } from "./graphql-answer.js";
import { openDownload, type PartRequest } from "./download.js";
import { exchange, type Line } from "./exchange.js";
import { GitLabError } from "./gitlab-error.js";
import type { GitLab, QuestionOptions } from "./gitlab.js";
import { nextPage } from "./next-page.js";
import { readJson } from "./read-json.js";
import { receive } from "./receive.js";
import { DEFAULT_TIMEOUTS, type Timeouts } from "./timeouts.js";
import { countAttempts, type Retried, type RetryOptions, withRetries } from "./retry.js";

export interface GitLabOptions {
  readonly credentials: Credentials;
  /** Default "nix-artifacts". */
  readonly userAgent?: string;
  readonly timeouts?: Timeouts;
  readonly retry?: RetryOptions;
  /** Ends every question when it is aborted, and every download that has no signal of its own. */
  readonly signal?: AbortSignal | undefined;
  /** Told before each pause. */
  readonly onRetry?: (retried: Retried) => void;
}

/** How long, and how often, an answer is waited for. */
export type Patience = Pick<GitLabOptions, "timeouts" | "retry">;

/**
 * What a run has under way at most: two questions about each of 32 variants, and 32 small downloads. With fewer, questions would
 * wait for downloads that wait for questions. Those that come over are queued, not refused.
 */
const CONNECTIONS_PER_ORIGIN = 96;
/** Pages that one list may have: one hundred thousand items. */
const MAX_PAGES = 1000;

/** The one GitLab client, on undici. See the `GitLab` contract; `close` it when nothing is asked any more. */
export function createGitLab(options: GitLabOptions): GitLab {
  const { signal: ending } = options;
  const { connect, headers, stall, answer, pace } = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const agent = new Agent({
    connect: connector(connect),
    headersTimeout: headers,
    bodyTimeout: stall,
    connections: CONNECTIONS_PER_ORIGIN,
  });
  const line: Line = {
    agent,
    credentials: options.credentials,
    userAgent: options.userAgent ?? "nix-artifacts",
    answerMs: answer,
  };
  const retrying = <T>(attempt: () => Promise<T>, signal = ending) =>
    withRetries(attempt, options.retry ?? {}, { signal, onRetry: options.onRetry });

  async function getPage<T>(
    url: URL,
    schema: ZodType<T>,
    { signal = ending, credential }: QuestionOptions = {},
  ): Promise<{ value: T; next: URL | undefined }> {
    return retrying(async () => {
      const answer = await exchange(line, url, { accept: "application/json", signal, credential });
      return { value: await readJson(answer, schema), next: nextPage(url, answer.header) };
    }, signal);
  }

  return {
    async get(instance, path, schema, query, asking) {
      return (await getPage(apiUrl(instance, path, query), schema, asking)).value;
    },

    async *pages(instance, path, item, query) {
      let url: URL | undefined = apiUrl(instance, path, { per_page: 100, ...query });
      for (let page = 1; url !== undefined; page++) {
        if (page > MAX_PAGES) throw endlessList(url);
        const { value, next }: { value: z.infer<typeof item>[]; next: URL | undefined } = await getPage(
          url,
          z.array(item),
        );
        yield* value;
        url = next;
      }
    },

    query(instance, query, variables, schema) {
      const body = JSON.stringify({ query, variables });
      return retrying(async () => {
        const url = new URL(`${instance}/api/graphql`);
        const asking = { accept: "application/json", method: "POST", body, signal: ending } as const;
        const answer = await exchange(line, url, asking);
        return dataOf(await readJson(answer, GraphqlAnswer), answer, schema);
      });
    },

    async download(text, { signal = ending, range: part, credential, verified = false } = {}) {
      const url = parseUrl(text);
      const ask = (condition: PartRequest = { range: part }) =>
        exchange(line, url, { accept: "*/*", signal, credential, ...condition });
      const attempts = countAttempts(options.retry ?? {}, { signal, onRetry: options.onRetry });
      if (part !== undefined)
        return retrying(async () => receive(await ask(), { signal, paceMs: pace }), signal);
      return openDownload({ ask, attempts, signal, paceMs: pace, verified });
    },

    close: () => agent.destroy(),
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new UserError(
    "GITLAB_BAD_URL",
    `Expected an http(s) URL to download from, got ${JSON.stringify(text)}.`,
  );
}

function endlessList(url: URL): GitLabError {
  return new GitLabError(
    "GITLAB_UNEXPECTED_ANSWER",
    `${place(url)} goes on after ${MAX_PAGES} pages; the list is not read further.`,
  );
}
