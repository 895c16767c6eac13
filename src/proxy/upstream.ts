/** How the proxy asks GitLab for bytes: patiently within bounds, and not at all while GitLab is known to be down. */
import type { Credential } from "../credentials/credentials.js";
import type { Download, GitLab } from "../gitlab/gitlab.js";
import type { LockedEntry } from "../lock/entry.js";
import { createCircuits } from "./circuit.js";

export interface UpstreamOptions {
  readonly signal: AbortSignal;
  /** In place of the proxy's own. */
  readonly credential?: Credential | undefined;
}

export interface Upstream {
  /**
   * The bytes of the first of `entries`, which are all of the same bytes, that GitLab gives. They are verified by who reads them.
   *
   * @throws UserError of the first entry when none can be had
   */
  download(entries: readonly LockedEntry[], options: UpstreamOptions): Promise<Download>;
  /** How many instances are left alone for a while, because they are down. */
  down(): number;
}

export function createUpstream(gitlab: GitLab): Upstream {
  const circuits = createCircuits();

  function start(url: string, { signal, credential }: UpstreamOptions): Promise<Download> {
    const options = { signal, verified: true, ...(credential === undefined ? {} : { credential }) };
    return circuits.guard(new URL(url).origin, () => gitlab.download(url, options));
  }

  return {
    down: circuits.open,
    async download(entries, options) {
      let failure: unknown;
      for (const { variant } of entries) {
        try {
          return await start(variant.url, options);
        } catch (error) {
          options.signal.throwIfAborted();
          failure ??= error;
        }
      }
      throw failure;
    },
  };
}
