import { GitLabError } from "../../gitlab/gitlab-error.js";
import type { Download } from "../../gitlab/gitlab.js";
import { skip } from "../../gitlab/skip.js";
import { ContentLost } from "./content.js";

/** Starts a download; called only when nobody else has one running. */
export type StartDownload = (signal: AbortSignal) => Promise<Download>;

/** How one reader would have the bytes downloaded. */
export interface Source {
  /** With whose right; two readers who share it share a refusal. Not a secret. */
  readonly asker: string;
  readonly start: StartDownload;
}

/** The sources of those who wait for the same bytes. */
export interface Sources {
  /** One of them; undefined when there is none that was not refused. */
  next(): Source | undefined;
  /** Tells those who ask with this right that it is none. */
  refuse(asker: string, refusal: unknown): void;
}

/**
 * One download for all who wait. When GitLab refuses it to the one in whose name it runs, also in the middle, that one is told, and
 * it goes on in the name of another, from where it is.
 *
 * @throws GitLabError the last refusal, when nobody is left; anything that is no refusal at once
 */
export async function relay(sources: Sources, signal: AbortSignal): Promise<Download> {
  let current = await begin(new ContentLost("nobody waits for it"));
  return { size: current.download.size, body: body(), destroy: () => current.download.destroy() };

  async function begin(before: unknown) {
    for (let refusal = before; ;) {
      const source = sources.next();
      if (source === undefined) throw refusal;
      try {
        return { source, download: await source.start(signal) };
      } catch (error) {
        giveUp(source, error);
        refusal = error;
      }
    }
  }

  async function* body(): AsyncGenerator<Uint8Array> {
    for (let received = 0; ;) {
      try {
        for await (const chunk of skip(current.download.body, received)) {
          received += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        current.download.destroy();
        giveUp(current.source, error);
        current = await begin(error);
      }
    }
  }

  function giveUp({ asker }: Source, error: unknown): void {
    if (!isRefusal(error)) throw error;
    sources.refuse(asker, error);
  }
}

/** What GitLab says to one caller and not to all: "who are you", "no", and "there is no such thing" in place of "no". */
const REFUSALS: ReadonlySet<number | undefined> = new Set([401, 403, 404]);

function isRefusal(error: unknown): boolean {
  return error instanceof GitLabError && REFUSALS.has(error.status);
}
