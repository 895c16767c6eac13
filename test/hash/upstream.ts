import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, request } from "undici";
import type { GitLab } from "../../src/gitlab/gitlab.js";

type Answer = Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void);

/** A GitLab reduced to the one thing that is needed here: real HTTP downloads. */
export interface Upstream {
  readonly gitlab: GitLab;
  /** Base URL of the server. */
  readonly url: string;
  /** Answers `GET path` from now on; gives its URL. */
  serve(path: string, answer: Answer): string;
  /** Paths in the order in which they were asked for. */
  readonly requests: string[];
  /** Answers that were begun and are not over. */
  open(): number;
  close(): Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  let open = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    open++;
    response.once("close", () => open--);
    const answer = answers.get(path);
    if (typeof answer === "function") answer(request, response);
    else if (answer === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-length": answer.length }).end(answer);
  });
  // As nginx has it. Node's five seconds are over before a slow reader has taken what the sockets hold.
  server.keepAliveTimeout = 75_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // listens on TCP
  const agent = new Agent();

  return {
    gitlab: downloadsThrough(agent),
    url,
    serve(path, answer) {
      answers.set(path, answer);
      return url + path;
    },
    requests,
    open: () => open,
    async close() {
      await agent.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

function downloadsThrough(agent: Agent): GitLab {
  return {
    get: () => Promise.reject(new Error("not needed here")),
    query: () => Promise.reject(new Error("not needed here")),
    pages: () => {
      throw new Error("not needed here");
    },
    async download(url, { signal } = {}) {
      const { statusCode, headers, body } = await request(url, { dispatcher: agent, signal: signal ?? null });
      body.on("error", () => {});
      if (statusCode !== 200) {
        body.destroy();
        throw new Error(`upstream answered ${statusCode}`);
      }
      const length = headers["content-length"];
      return {
        size: length === undefined ? undefined : Number(length),
        body,
        destroy: () => body.destroy(),
      };
    },
    close: () => agent.close(),
  };
}
