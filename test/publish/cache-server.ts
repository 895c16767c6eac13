/** A plain HTTP server that keeps what is PUT, as an nginx with WebDAV does; and remembers what it was asked. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface CacheServer {
  readonly url: string;
  readonly files: Map<string, Buffer>;
  /** `METHOD /path`, in the order in which they came. */
  readonly requests: string[];
  /** Sees each request first; true when it has answered. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

export async function startCacheServer(): Promise<CacheServer> {
  const files = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (cache.intercept(request, response)) return;
    answer(request, response, files).catch(() => response.destroy()); // who asked is gone
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cache: CacheServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // listens on TCP
    files,
    requests,
    intercept: () => false,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return cache;
}

async function answer(request: IncomingMessage, response: ServerResponse, files: Map<string, Buffer>) {
  const path = request.url ?? "";
  if (request.method === "PUT") {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // a request without encoding gives buffers
    files.set(path, Buffer.concat(chunks));
    response.writeHead(201).end();
    return;
  }
  const found = files.get(path);
  if (found === undefined) response.writeHead(404).end("not here");
  else response.writeHead(200, { "content-length": found.length }).end(found);
}
