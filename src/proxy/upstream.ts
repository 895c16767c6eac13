/** How the proxy asks GitLab for bytes: patiently within bounds, and not at all while GitLab is known to be down. */
import type { Credential } from "../credentials/credentials.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { Download, GitLab } from "../gitlab/gitlab.js";
import type { LockedEntry } from "./locked-index.js";
import { createCircuits } from "./circuit.js";
import { skip } from "./skip.js";

export interface UpstreamOptions {
  readonly signal: AbortSignal;
  /** In place of the proxy's own. */
  readonly credential?: Credential | undefined;
}

export interface Upstream {
  /**
   * The bytes of the first of `entries`, which are all of the same bytes, that GitLab gives. A download that breaks off is taken up
   * again, with a new signature if the storage wants one; who reads it sees none of that.
   *
   * @throws UserError of the first entry when none can be had
   */
  download(entries: readonly LockedEntry[], options: UpstreamOptions): Promise<Download>;
  /** How many instances are left alone for a while, because they are down. */
  down(): number;
}

/** Times in a row that a download may break off without an end. */
const MOST_BREAKS = 4;

export function createUpstream(gitlab: GitLab): Upstream {
  const circuits = createCircuits();

  function start(url: string, { signal, credential }: UpstreamOptions): Promise<Download> {
    const options = credential === undefined ? { signal } : { signal, credential };
    return circuits.guard(new URL(url).origin, () => gitlab.download(url, options));
  }

  return {
    down: circuits.open,
    async download(entries, options) {
      let failure: unknown;
      for (const { variant } of entries) {
        try {
          return await unbroken(() => start(variant.url, options));
        } catch (error) {
          options.signal.throwIfAborted();
          failure ??= error;
        }
      }
      throw failure;
    },
  };
}

/** A download that goes on where it broke off, as if it had not. */
async function unbroken(start: () => Promise<Download>): Promise<Download> {
  let current = await start();
  return { size: current.size, body: body(), destroy: () => current.destroy() };

  async function* body(): AsyncGenerator<Uint8Array> {
    let received = 0;
    for (let breaks = 0; ; breaks++) {
      try {
        for await (const chunk of skip(current.body, received)) {
          received += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        current.destroy();
        if (!isTransient(error) || breaks === MOST_BREAKS) throw error;
        current = await start();
      }
    }
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof GitLabError && error.transient;
}
