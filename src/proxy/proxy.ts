/**
 * BESIDE the pipeline: serves locked artifacts, and only verified bytes of them, to builds on this machine. It asks GitLab with
 * its own credentials, so that neither the derivation nor Nix needs any.
 */
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError } from "../errors.js";
import { type HandlerOptions, handle } from "./handler.js";
import { type Listen, authority, loopbackAddress } from "./loopback.js";

export type ProxyOptions = HandlerOptions;

export interface Proxy {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** Takes no more requests and lets running ones finish, for `graceMs` milliseconds at most. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 10_000;

/**
 * Starts the proxy on a loopback address.
 *
 * @throws UserError when the address is not a loopback one or cannot be listened on
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const host = loopbackAddress(options.listen.host);
  const server = createServer();
  const listen = await listenOn(server, { host, port: options.listen.port });
  server.on("request", (request, response) => void handle(request, response, { ...options, listen }));
  const url = `http://${authority(listen)}`;
  options.log({ level: "info", event: "listening", url });
  return {
    url,
    async close(graceMs = DEFAULT_GRACE_MS) {
      await closeServer(server, graceMs);
      options.log({ level: "info", event: "closed", url });
    },
  };
}

async function listenOn(server: Server, listen: Listen): Promise<Listen> {
  try {
    server.listen(listen);
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError("PROXY_CANNOT_LISTEN", `the proxy cannot listen on ${authority(listen)}: ${reason}`, {
      hint: "another proxy may be running already; else choose another port with --listen and set `proxy` in artifacts.config.ts to it",
      cause: error,
    });
  }
  const { port } = server.address() as AddressInfo; // not a pipe: it listens on a host and port
  return { host: listen.host, port };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
