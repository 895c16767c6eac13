import { BlockList, isIPv6 } from "node:net";
import { UserError } from "../errors.js";
import type { InheritedSocket } from "./inherited.js";

/** Where one listens: an address of this machine alone, or a socket in the file system. */
export type Listener = TcpListener | UnixListener;

/** Where to listen. Port 0 means any free one. */
export type ListenAddress = Listener | InheritedSocket;

export interface TcpListener {
  readonly host: string;
  readonly port: number;
  /** Whether one speaks TLS there. */
  readonly tls?: boolean;
}

/** Who may connect is who may open the file: its owner and `group`. */
export interface UnixListener {
  /** Absolute. */
  readonly path: string;
  /** Id of the group that the socket is given to; undefined: that of its folder or of the proxy, as the system does it. */
  readonly group: number | undefined;
}

/**
 * What `--listen` and its like say: HOST:PORT or unix:PATH.
 *
 * @param group of sockets
 * @throws UserError `BAD_ADDRESS`
 */
export function parseListener(address: string, group?: number): Listener {
  if (address.startsWith("unix:/")) return { path: address.slice("unix:".length), group };
  const match = /^(?<host>\[[0-9a-f:]+\]|[^:]+):(?<port>\d{1,5})$/i.exec(address)?.groups;
  const port = Number(match?.["port"]);
  if (match?.["host"] === undefined || /^(?:unix|tls)$/.test(match["host"]) || port > 65_535) {
    throw new UserError(
      "BAD_ADDRESS",
      `an address to listen on is HOST:PORT, unix:/PATH or systemd:NAME, got "${address}"`,
      {
        exitCode: 2,
        hint: "for example --listen 127.0.0.1:7467 or --listen unix:/run/nix-artifacts/proxy.sock; with TLS, tls:HOST:PORT or tls:systemd:NAME",
      },
    );
  }
  return { host: match["host"].replace(/^\[|\]$/g, ""), port };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

/** @param address an IP address without brackets */
export function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/**
 * The address of this machine alone that `host` means.
 *
 * @throws UserError when it is any other: whoever can connect is served with the credentials of the proxy
 */
export function loopbackAddress(host: string): string {
  if (host === "localhost") return "127.0.0.1";
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (isLoopback(address)) return address;
  throw new UserError(
    "PROXY_NOT_LOOPBACK",
    `the proxy must not listen on "${host}": everybody who can connect gets the artifacts`,
    {
      hint: "use a loopback address: --listen 127.0.0.1:7467; elsewhere callers say over TLS who they are: --certificate-listen, or tls: before an address of --passthrough or --id-token-listen",
      exitCode: 2,
    },
  );
}

/** As it stands in URLs: `address:port`, and for a socket the name that clients of it write by custom. */
export function authorityOf(listener: Listener): string {
  if ("path" in listener) return "localhost";
  const { host, port } = listener;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** For messages, and for clients that know the spelling of `--listen`. */
export function urlOf(listener: ListenAddress): string {
  if ("fd" in listener) return `systemd:${listener.name}`;
  return "path" in listener
    ? `unix:${listener.path}`
    : `${listener.tls === true ? "https" : "http"}://${authorityOf(listener)}`;
}

/**
 * Whether a `Host` header names this listener. A page in a browser can be made to connect to a port under a name of its own (DNS
 * rebinding); that name then stands in the header. A browser cannot be made to connect to a socket, and with TLS it compares the name
 * with the certificate.
 */
export function namesListener(hostHeader: string | undefined, listener: Listener): boolean {
  if ("path" in listener || listener.tls === true) return true;
  const given = hostHeader?.toLowerCase() ?? "";
  return spellingsOf(listener).has(/:\d+$/.test(given) ? given : `${given}:80`);
}

/** Every request is compared with them, so they are made once. */
const SPELLINGS = new WeakMap<TcpListener, ReadonlySet<string>>();

function spellingsOf(listener: TcpListener): ReadonlySet<string> {
  const known = SPELLINGS.get(listener);
  if (known !== undefined) return known;
  const names = [listener.host, "127.0.0.1", "::1", "localhost"];
  const spellings = new Set(names.map((host) => authorityOf({ host, port: listener.port })));
  SPELLINGS.set(listener, spellings);
  return spellings;
}
