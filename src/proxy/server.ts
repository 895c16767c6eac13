import { once } from "node:events";
import {
  type IncomingMessage,
  type Server,
  type ServerResponse,
  createServer as createPlainServer,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import { excerpt } from "../redact.js";
import { type Reach, listenOn } from "./listen.js";
import { type ListenAddress, type Listener, urlOf } from "./listener.js";
import type { Log } from "./log.js";
import { boundPeers } from "./peer-connections.js";
import type { Tls } from "./tls.js";

/**
 * What a client may take of the machine. Nix keeps connections for later requests; it may wait minutes for the first byte of a
 * big artifact, but sends its own header at once.
 */
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
} as const;
const HANDSHAKE_MS = 10_000;
const MOST_CONNECTIONS = 4096;

export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface ServerOptions {
  readonly reach: Reach;
  /** How to answer at the listener with its real port. */
  readonly answerAt: (listener: Listener) => Answer;
  /** For addresses with TLS. */
  readonly tls: Tls | undefined;
  /** Whether callers are asked for a certificate. They get in without one, and are told. */
  readonly asksCertificate: boolean;
  /** Milliseconds that a connection may be silent. */
  readonly idleMs: number;
  /** Connections that one other machine may have; 0: any number. */
  readonly peerConnections: number;
  /** Whether the proxy takes no more requests. */
  readonly stopping: () => boolean;
  readonly log: Log;
}

export interface Running {
  readonly url: string;
  /** Takes no more requests and lets running ones finish, for `graceMs` milliseconds at most. */
  close(graceMs: number): Promise<void>;
}

/** @throws UserError when it is not possible to listen there */
export async function startServer(asked: ListenAddress, options: ServerOptions): Promise<Running> {
  const server = createServer("tls" in asked && asked.tls === true, options);
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(options.idleMs);
  boundPeers(server, { most: options.peerConnections, log: options.log });
  const listener = await listenOn(server, asked, options.reach);
  const answer = options.answerAt(listener);
  // A connection that is kept would keep a proxy that stops.
  const answered = () => {
    if (options.stopping()) setImmediate(() => server.closeIdleConnections());
  };
  // A connection that the system does not hand over, for want of memory or of files to open, is lost alone.
  server.on("error", ({ message }) => options.log({ level: "error", event: "not-accepted", error: message }));
  server.on("request", (request, response) => {
    response.once("close", answered);
    void answer(request, response);
  });
  return { url: urlOf(listener), close: (graceMs) => close(server, graceMs) };
}

/** A listener speaks either TLS or plain HTTP, never what the client would rather have. */
function createServer(secure: boolean, { tls, asksCertificate, log }: ServerOptions): Server {
  if (!secure) return createPlainServer(LIMITS);
  if (tls === undefined) throw new Error("an address with TLS needs a certificate");
  const server = createSecureServer({
    ...LIMITS,
    ...tls.context(),
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: asksCertificate,
    rejectUnauthorized: false,
  });
  tls.follow(server);
  server.on("tlsClientError", (error: NodeJS.ErrnoException & { reason?: string }, { remoteAddress }) => {
    const reason = excerpt(error.reason ?? error.code ?? error.message);
    log({ level: "warn", event: "handshake-failed", peer: remoteAddress ?? "gone", error: reason });
  });
  return server;
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
