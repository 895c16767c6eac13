import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** An HTTP server on 127.0.0.1 that ends with the test and remembers who asked what. */
export interface TestServer {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

export async function serve(answer: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // a TCP server has an address with a port
  return { url: `http://127.0.0.1:${port}`, requests };
}

export interface JsonAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

export function sendJson(response: ServerResponse, value: unknown, answer: JsonAnswer = {}): void {
  response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
  response.end(JSON.stringify(value));
}

/** Sends a byte now and then, and never ends. */
export function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(" "), 20);
  response.once("close", () => clearInterval(timer));
}

export function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type });
  response.end(text);
}
