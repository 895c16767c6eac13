import { BlockList, isIPv6 } from "node:net";
import { UserError } from "../errors.js";

/** Where to listen. Port 0 means any free one. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

/**
 * The address of this machine alone that `host` means.
 *
 * @throws UserError when it is any other: whoever can connect is served with the credentials of the proxy
 */
export function loopbackAddress(host: string): string {
  if (host === "localhost") return "127.0.0.1";
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (LOOPBACK.check(address, isIPv6(address) ? "ipv6" : "ipv4")) return address;
  throw new UserError(
    "PROXY_NOT_LOOPBACK",
    `the proxy must not listen on "${host}": everybody who can connect gets the artifacts`,
    {
      hint: "use a loopback address: --listen 127.0.0.1:7467",
      exitCode: 2,
    },
  );
}

/** `address:port` as it stands in URLs. */
export function authority({ host, port }: Listen): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whether a `Host` header names this listener. A page in a browser can be made to connect here under a name of its own
 * (DNS rebinding); that name then stands in the header.
 */
export function namesListener(hostHeader: string | undefined, listen: Listen): boolean {
  const names = [listen.host, "127.0.0.1", "::1", "localhost"];
  const spellings = names.map((host) => authority({ host, port: listen.port }));
  const given = hostHeader?.toLowerCase() ?? "";
  return spellings.includes(/:\d+$/.test(given) ? given : `${given}:80`);
}
