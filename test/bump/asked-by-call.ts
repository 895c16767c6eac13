/** The two sides of the GitLab client without a network: each request is a call of the simulator's API. */
import { z } from "zod";
import { apiUrl } from "../../src/gitlab/api-url.js";
import { refused } from "../../src/gitlab/explain-answer.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { nextPage } from "../../src/gitlab/next-page.js";
import type { GitLabWriter } from "../../src/gitlab/writer.js";
import type { Answering } from "../../src/simulator/http/server.js";

interface Answered {
  readonly value: unknown;
  readonly header: (name: string) => string | undefined;
}

export function askedByCall(
  answer: Answering,
  token: string,
): { readonly gitlab: GitLab; readonly writer: GitLabWriter } {
  const headers = { "private-token": token };

  async function ask(method: string, url: URL, body = ""): Promise<Answered> {
    const { pathname: path, search, searchParams: query } = url;
    const { reply } = await answer({ method, target: path + search, path, query, headers, body });
    const value = reply.body.kind === "json" ? plain(reply.body.value) : undefined;
    const lower = new Map(Object.entries(reply.headers).map(([name, text]) => [name.toLowerCase(), text]));
    const header = (name: string) => lower.get(name);
    if (reply.status < 300) return { value, header };
    const credential = { headers, source: "test" };
    const asked = { url, first: url, credential, home: true, bytes: false };
    throw refused(asked, { status: reply.status, header, text: JSON.stringify(value) ?? "" });
  }

  const gitlab: GitLab = {
    get: async (instance, path, schema, query) =>
      schema.parse((await ask("GET", apiUrl(instance, path, query))).value),
    async *pages(instance, path, item, query) {
      let url: URL | undefined = apiUrl(instance, path, { per_page: 100, ...query });
      while (url !== undefined) {
        const { value, header }: Answered = await ask("GET", url);
        yield* z.array(item).parse(value);
        url = nextPage(url, header);
      }
    },
    query: () => Promise.reject(new Error("nothing is asked in GraphQL")),
    async download(url) {
      await ask("GET", new URL(url));
      throw new Error("nothing is there to download");
    },
    close: () => Promise.resolve(),
  };
  const writer: GitLabWriter = {
    send: async (instance, { method, path, body, answer: schema }) => {
      const text = body === undefined ? "" : JSON.stringify(body);
      return schema.parse((await ask(method, apiUrl(instance, path), text)).value);
    },
    close: () => Promise.resolve(),
  };
  return { gitlab, writer };
}

/** As JSON carries it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
