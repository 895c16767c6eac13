import { once } from "node:events";
import { chown, lstat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { UserError } from "../errors.js";
import type { InheritedSocket } from "./inherited.js";
import {
  type ListenAddress,
  type Listener,
  type TcpListener,
  type UnixListener,
  loopbackAddress,
  urlOf,
} from "./listener.js";

/** Owner and group may connect (connect(2) needs write permission on the socket). */
const SOCKET_MODE = 0o660;

/** From where one may connect: from this machine, or from wherever the address can be reached. */
export type Reach = "this machine" | "anywhere";

/** Where callers say who they are, they may come from elsewhere, if nobody between can listen to them. */
export function reachOf(address: ListenAddress): Reach {
  return "tls" in address && address.tls === true ? "anywhere" : "this machine";
}

/**
 * Starts to listen; gives the listener with its real port.
 *
 * @throws UserError when the address is beyond its reach, is in use, or cannot be listened on
 */
export function listenOn(
  server: Server,
  listener: ListenAddress,
  reach: Reach = "this machine",
): Promise<Listener> {
  if ("fd" in listener) return listenOnInherited(server, listener, reach);
  return "path" in listener ? listenOnSocket(server, listener) : listenOnPort(server, listener, reach);
}

/** Whoever opened the socket decided who may open its file; an address must be within its reach all the same. */
async function listenOnInherited(server: Server, socket: InheritedSocket, reach: Reach): Promise<Listener> {
  await begin(server, { fd: socket.fd }, socket);
  const address = server.address();
  if (address === null || typeof address === "string") return { path: urlOf(socket), group: undefined };
  try {
    const host = within(reach, address.address);
    return { host, port: address.port, ...(socket.tls === true ? { tls: true } : {}) };
  } catch (error) {
    server.close();
    throw error;
  }
}

function within(reach: Reach, host: string): string {
  return reach === "anywhere" ? host : loopbackAddress(host);
}

async function listenOnPort(server: Server, listener: TcpListener, reach: Reach): Promise<TcpListener> {
  const listen = { host: within(reach, listener.host), port: listener.port };
  await begin(server, listen, listener);
  const { port } = server.address() as AddressInfo; // not a pipe: it listens on a host and port
  return { ...listener, host: listen.host, port };
}

async function listenOnSocket(server: Server, listener: UnixListener): Promise<UnixListener> {
  const { path, group } = listener;
  await removeAbandonedSocket(path);
  // bind(2) makes the file when `listen` is called, with the mask of that moment: so it is never open to others.
  const mask = process.umask(0o777 & ~SOCKET_MODE);
  const listening = begin(server, { path }, listener);
  process.umask(mask);
  await listening;
  if (group === undefined) return listener;
  try {
    await chown(path, -1, group);
  } catch (cause) {
    server.close(); // else it listens on, and nobody would ever stop it
    throw cannotGive(listener, cause);
  }
  return listener;
}

/** An owner may give a file to groups of their own (chown(2)). */
function cannotGive(listener: UnixListener, cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `the proxy cannot give ${urlOf(listener)} to the group of --socket-group: ${reason}`;
  return new UserError("PROXY_CANNOT_LISTEN", message, {
    hint: "run it as a member of that group, or leave out --socket-group",
    cause,
  });
}

/** A proxy that was killed leaves its socket, and nobody can listen there again. One that somebody answers on stays. */
async function removeAbandonedSocket(path: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status?.isSocket() !== true) return;
  const socket = connect({ path });
  try {
    await once(socket, "connect");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") await unlink(path); // what connect(2) says
  } finally {
    socket.destroy();
  }
}

async function begin(
  server: Server,
  options: { host: string; port: number } | { path: string } | { fd: number },
  listener: ListenAddress,
): Promise<void> {
  server.listen(options);
  await once(server, "listening").catch(cannotListen(listener));
}

function cannotListen(listener: ListenAddress): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("PROXY_CANNOT_LISTEN", `the proxy cannot listen on ${urlOf(listener)}: ${reason}`, {
      hint:
        "path" in listener
          ? "make its folder, give the proxy the right to write there, and see that no other proxy runs"
          : "another proxy may be running already; else choose another port with --listen and set `proxy` in artifacts.config.ts to it",
      cause,
    });
  };
}
