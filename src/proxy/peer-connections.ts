import type { Server, Socket } from "node:net";
import { isLoopback } from "./listener.js";
import type { Log } from "./log.js";

/** Nix has 25 at a time (`http-connections`); a whole office may have one address. */
export const DEFAULT_PEER_CONNECTIONS = 256;

export interface PeerOptions {
  /** Connections that one peer may have; 0: any number. */
  readonly most: number;
  readonly log: Log;
}

interface Peer {
  connections: number;
  /** Whether the operator knows that it wants more than it may have. */
  told: boolean;
}

/**
 * Closes at once what one peer opens beyond its share. Clients of a socket and of this machine's loopback addresses are not told
 * apart, and have no such bound.
 *
 * @param server one that has all that listens for its connections: they learn of none that is closed, so that it costs no handshake
 */
export function boundPeers(server: Server, options: PeerOptions): void {
  if (options.most === 0) return;
  const takes = counter(options);
  const next = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    if (!takes(socket)) socket.destroy();
    else for (const listener of next) listener.call(server, socket);
  });
}

/** Whether its peer may have one more, which then counts until it is closed. */
function counter({ most, log }: PeerOptions): (socket: Socket) => boolean {
  const peers = new Map<string, Peer>();

  return (socket) => {
    const name = peerOf(socket.remoteAddress);
    if (name === undefined) return true;
    const peer = peers.get(name) ?? { connections: 0, told: false };
    if (peer.connections >= most) {
      if (!peer.told) log({ level: "warn", event: "too-many-connections", peer: name, most });
      peer.told = true;
      return false;
    }
    peers.set(name, peer);
    peer.connections++;
    socket.once("close", () => {
      if (--peer.connections === 0) peers.delete(name);
    });
    return true;
  };
}

/**
 * Who counts as one: an IPv4 address, or the 64 bits of an IPv6 address that are a network, in which anybody has addresses without end
 * (RFC 4291, section 2.5.4).
 *
 * @param address as the system spells it; undefined: of a socket in the file system, or gone already
 * @returns undefined for this machine
 */
export function peerOf(address: string | undefined): string | undefined {
  if (address === undefined || isLoopback(address)) return undefined;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return peerOf(mapped);
  return address.includes(":") ? `${networkOf(address)}::/64` : address;
}

/** The first four groups, of which `::` may stand for some (RFC 4291, section 2.2). */
function networkOf(address: string): string {
  const [before = [], after = []] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
