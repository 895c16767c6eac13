import { UserError } from "../errors.js";

/** A socket that whoever started this process has opened already. */
export interface InheritedSocket {
  readonly fd: number;
  /** `FileDescriptorName=` of the unit; by default the name of the socket unit (systemd.socket(5)). */
  readonly name: string;
  /** Whether one speaks TLS there. */
  readonly tls?: boolean;
}

/** The first of the descriptors; the others follow (sd_listen_fds(3)). */
const FIRST_FD = 3;
const MOST_SOCKETS = 64;

/**
 * The sockets that systemd hands over (sd_listen_fds(3)): `LISTEN_FDS` of them, if `LISTEN_PID` says that they are for this process.
 *
 * @param pid of this process
 */
export function inheritedSockets(env: Readonly<NodeJS.ProcessEnv>, pid: number): readonly InheritedSocket[] {
  if (env["LISTEN_PID"] !== String(pid)) return [];
  const count = Math.min(Number(env["LISTEN_FDS"] ?? 0), MOST_SOCKETS);
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  return Array.from({ length: Number.isInteger(count) ? count : 0 }, (_, index) => ({
    fd: FIRST_FD + index,
    name: names[index] ?? "unknown",
  }));
}

const PREFIX = "systemd:";

/**
 * The sockets that `address` names, when it is of the form `systemd:NAME`.
 *
 * @returns undefined when it is of another form
 * @throws UserError `NO_SUCH_SOCKET`
 */
export function namedSockets(
  address: string,
  sockets: readonly InheritedSocket[],
): readonly InheritedSocket[] | undefined {
  if (!address.startsWith(PREFIX)) return undefined;
  const named = sockets.filter(({ name }) => name === address.slice(PREFIX.length));
  if (named.length > 0) return named;
  const known = [...new Set(sockets.map(({ name }) => name))].join(", ");
  throw new UserError("NO_SUCH_SOCKET", `there is no socket for ${address}`, {
    exitCode: 2,
    hint:
      known === ""
        ? "no socket was handed over: start the proxy by its .socket unit, with FileDescriptorName= in it"
        : `these were handed over: ${known}`,
  });
}

/** Where a socket will be, for `--check`: systemd hands sockets to `ExecStart=` alone, and not to the `ExecStartPre=` before it. */
const NOT_YET = -1;

/** The socket that `address` names, as far as it can be told before the proxy is started; undefined when it is of another form. */
export function expectedSockets(address: string): readonly InheritedSocket[] | undefined {
  return address.startsWith(PREFIX) ? [{ fd: NOT_YET, name: address.slice(PREFIX.length) }] : undefined;
}
