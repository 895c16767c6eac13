/** Asks a source once, not once a request: its answer is kept until it ends, until GitLab refuses it, or for a while. */
import type { Credential } from "./credentials.js";
import { type Found, type Source, sameHeaders } from "./source.js";

/** How long an answer without an end is good; the same as in Bazel. */
const KEPT_MS = 30 * 60_000;
/** A source that has nothing, or fails, is asked again after this time: long-running services see a mended one. */
const KEPT_WITHOUT_MS = 60_000;
/** A credential is not used for the last moments of its life: the request takes time, too. */
const EARLY_MS = 30_000;

interface Answer {
  readonly found: Promise<Found>;
  /** When it is asked again, in milliseconds. */
  until: number;
}

/**
 * @param key what an answer holds for
 * @param now clock in milliseconds
 */
export function remembered(
  source: Source,
  key: (url: URL) => Promise<string> | string,
  now: () => number,
): Source {
  const answers = new Map<string, Answer>();

  function ask(name: string, url: URL, refused?: Credential): Promise<Found> {
    const found = source.find(url, refused);
    // Whoever asks meanwhile waits for this answer.
    const answer: Answer = { found, until: Infinity };
    answers.set(name, answer);
    found.then(
      (value) => (answer.until = endOf(value, now())),
      () => (answer.until = now() + KEPT_WITHOUT_MS),
    );
    return found;
  }

  return {
    async find(url, refused) {
      const name = await key(url);
      const known = answers.get(name);
      if (known === undefined || known.until <= now()) return ask(name, url, refused);
      const found = await known.found;
      const repeats =
        refused !== undefined &&
        found !== undefined &&
        "credential" in found &&
        sameHeaders(found.credential, refused);
      // Another request may have asked anew while this one waited.
      return repeats && answers.get(name) === known
        ? ask(name, url, refused)
        : (answers.get(name)?.found ?? found);
    },
  };
}

function endOf(found: Found, now: number): number {
  if (found === undefined || !("credential" in found)) return now + KEPT_WITHOUT_MS;
  const { expiresAt } = found.credential;
  return expiresAt === undefined ? now + KEPT_MS : expiresAt.getTime() - EARLY_MS;
}
