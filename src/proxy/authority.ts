import type { IncomingMessage } from "node:http";
import type { Source } from "./cache/relay.js";
import type { LockedEntry } from "../lock/entry.js";
import type { Found } from "./locked-index.js";
import type { Caller } from "./policy.js";
import type { AuthorityName } from "./probe.js";
import type { ProjectPaths } from "./project-paths.js";
import type { Upstream } from "./upstream.js";

/** Who may have what, and with whose credentials GitLab is asked for it. Each listener has one. */
export interface Authority {
  readonly name: AuthorityName;
  /**
   * Who asks, before it is known whether what is asked for is locked.
   *
   * @throws UserError when they must say who they are
   */
  identify(request: IncomingMessage): Promise<Caller>;
  /** `entries` under the paths that their projects have now, as far as GitLab tells it to whoever is asked for. */
  locate(request: IncomingMessage, entries: Found["entries"]): Promise<Found["entries"]>;
  /**
   * Lets the caller have one of `entries`, which are of the same bytes.
   *
   * @throws UserError when the caller may have none of them
   */
  admit(request: IncomingMessage, entries: Found["entries"]): Promise<Admitted>;
}

export interface Admitted {
  /** Under which name the caller gets the bytes. */
  readonly entry: LockedEntry;
  /** Downloads them, when they are not in the cache. */
  readonly source: Source;
}

/** What authorities ask GitLab. */
export interface Questions {
  readonly upstream: Upstream;
  readonly paths: ProjectPaths;
}

/** Everybody who can connect may have what is locked, and the proxy asks with its own credentials. */
export function inject({ upstream, paths }: Questions): Authority {
  return {
    name: "inject",
    identify: () => Promise.resolve({ kind: "machine" }),
    locate: (_request, entries) => paths.current(entries),
    admit: (_request, entries) =>
      Promise.resolve({
        entry: entries[0],
        source: { asker: "proxy", start: (signal) => upstream.download(entries, { signal }) },
      }),
  };
}
