/**
 * Downloads that wait for their turn. Of each host, the biggest of those that are known is next, so that none is alone at the end.
 * Small ones stand in a line of their own: they take no longer than a question, and more of them at a time are no burden.
 */
import { limitPerHost } from "./host-limit.js";

export interface Waiting {
  readonly url: string;
  /** Bytes; undefined when nobody has an idea. */
  readonly size: number | undefined;
  /** It is known to take no longer than a question. */
  readonly small: boolean;
}

/** As many as variants are resolved at a time. */
const SMALL_PER_HOST = 32;

export class DownloadLine<T extends Waiting> {
  readonly #big = new Map<string, T>();
  readonly #small = new Map<string, T>();
  readonly #bigTurns = limitPerHost();
  readonly #smallTurns = limitPerHost(SMALL_PER_HOST);

  /** The one of this URL, as long as it waits. */
  find(url: string): T | undefined {
    return this.#big.get(url) ?? this.#small.get(url);
  }

  add(one: T): void {
    (one.small ? this.#small : this.#big).set(one.url, one);
  }

  /**
   * Waits for a turn, and takes out of the line whoever has it. There is to be one call for each that waits.
   *
   * @returns what `task` made of it; undefined when nobody waits any more
   */
  turn<R>({ url, small }: T, task: (next: T) => Promise<R>): Promise<R | undefined> {
    const [turns, waiting] = small ? [this.#smallTurns, this.#small] : [this.#bigTurns, this.#big];
    return turns(url, async () => {
      const next = small ? waiting.get(url) : biggestOf(waiting.values(), new URL(url).origin);
      if (next === undefined) return undefined;
      waiting.delete(next.url);
      return task(next);
    });
  }

  clear(): void {
    this.#big.clear();
    this.#small.clear();
  }
}

/** Of those of one origin; of equals, the first. */
function biggestOf<T extends Waiting>(waiting: Iterable<T>, origin: string): T | undefined {
  let biggest: T | undefined;
  for (const one of waiting) {
    if (!one.url.startsWith(`${origin}/`)) continue;
    if (biggest === undefined || (one.size ?? -1) > (biggest.size ?? -1)) biggest = one;
  }
  return biggest;
}
