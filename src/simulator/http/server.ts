/**
 * The HTTP server under both the API and the storage: reads requests, waits the latency, sends replies.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Refusal, json } from "./reply.js";
import type { Answer } from "./answer.js";
import type { HttpRequest } from "./request.js";
import { send } from "./send.js";

export interface ServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** PEM texts; with them the server speaks https. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  /** Milliseconds to wait before each answer. */
  readonly latencyMs: number;
}

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/** nginx's default, which stands before most instances. Node's five seconds would cut slow clients off between requests. */
const KEEP_ALIVE_MS = 75_000;

export type Answering = (request: HttpRequest) => Promise<Answer>;

/** Starts a server on 127.0.0.1. */
export async function serve(answer: Answering, options: ServerOptions): Promise<RunningServer> {
  const listener = (incoming: IncomingMessage, response: ServerResponse) =>
    void respond(incoming, response, { answer, latencyMs: options.latencyMs });
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");
  // A TCP server that listens has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

interface Responding {
  readonly answer: Answering;
  readonly latencyMs: number;
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  { answer, latencyMs }: Responding,
): Promise<void> {
  const body = await text(incoming).catch(() => "");
  if (latencyMs > 0) await sleep(latencyMs);
  const request = requestOf(incoming, body);
  await send(request, response, await answerOrError(answer, request));
}

function requestOf(incoming: IncomingMessage, body: string): HttpRequest {
  const { method = "GET", url: target = "/", headers } = incoming;
  const [path = "/", ...query] = target.split("?");
  return { method, target, path, query: new URLSearchParams(query.join("?")), headers, body };
}

async function answerOrError(answer: Answering, request: HttpRequest): Promise<Answer> {
  try {
    return await answer(request);
  } catch (error) {
    if (error instanceof Refusal) return { reply: error.reply, fault: undefined };
    const detail = error instanceof Error ? error.message : String(error);
    return { reply: json({ message: "500 Internal Server Error", detail }, 500), fault: undefined };
  }
}
