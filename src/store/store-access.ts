/** How a store is reached: which of its ways Nix has chosen, by `NIX_REMOTE`, `nix.conf` and what the machine has. */
import { join } from "node:path";

export type StoreAccess =
  /** The daemon of the machine listens at this path. */
  | { readonly kind: "socket"; readonly path: string }
  /** No daemon, but a directory that this user may write. */
  | { readonly kind: "local" }
  /** Elsewhere, or somehow that is not known here: by Nix's programs only. */
  | { readonly kind: "other" };

const STATE_DIRECTORY = "/nix/var/nix";

/**
 * @param said what `nix store ping` says of any version
 * @param env Nix's environment
 */
export function storeAccess(said: string, env: Readonly<Record<string, string | undefined>>): StoreAccess {
  const [, url = ""] = /^Store URL: (\S+)/m.exec(said) ?? [];
  if (/^(local(:|\?|$)|\/)/.test(url)) return { kind: "local" };
  const [, named] = /^unix:\/\/(\/[^?]*)/.exec(url) ?? [];
  if (named !== undefined) return { kind: "socket", path: named };
  return url === "daemon" || /^unix:\/\/(\?|$)/.test(url)
    ? { kind: "socket", path: daemonSocket(env) }
    : { kind: "other" };
}

/** libstore/globals.cc: `nixDaemonSocketFile`. */
function daemonSocket({
  NIX_DAEMON_SOCKET_PATH,
  NIX_STATE_DIR,
}: Readonly<Record<string, string | undefined>>): string {
  return NIX_DAEMON_SOCKET_PATH ?? join(NIX_STATE_DIR ?? STATE_DIRECTORY, "daemon-socket/socket");
}
