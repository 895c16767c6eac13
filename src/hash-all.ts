/**
 * Resolved → `Hashed`, for many: what the lock knows is taken over, the rest is downloaded. Each URL is read once, whoever needs it.
 * What fails does not touch the others.
 */
import { DownloadLine, type Waiting } from "./download-line.js";
import type { UserError } from "./errors.js";
import { hashGroup } from "./hash-group.js";
import type { HashOutcome } from "./hash/hash.js";
import type { Hashed } from "./hash/hashed.js";
import type { Lockable } from "./lock/create.js";
import { digestsKnownTo, lockedVariantOf } from "./lock/reuse.js";
import type { Lock } from "./lock/schema.js";
import type { PipelineContext } from "./pipeline-context.js";
import type { Described, Resolved } from "./resolve/resolved.js";
import { withStatements } from "./runner-statement.js";

export interface HashAllRequest {
  readonly previous: Lock;
  /** Another lock, as trusted as `previous`, whose bytes need not be downloaded either. */
  readonly known?: Lock | undefined;
  /** Download again what is locked already. */
  readonly rehash: boolean;
}

export interface HashedAll {
  readonly hashed: readonly Lockable[];
  /** Variants whose bytes were downloaded. */
  readonly downloaded: number;
  readonly failures: readonly VariantFailure[];
}

/** What is wrong with one variant of an artifact. */
export interface VariantFailure {
  readonly artifact: string;
  readonly error: UserError;
}

/** With fewer groups than this, all are known before the first is downloaded: the biggest of them is to begin. */
const ENOUGH_TO_BEGIN = 64;
/** Bytes of an archive whose download takes no longer than a question. */
const SMALL = 256 * 1024;

/** The downloads of a run. They begin while it is still being found out what else there is to download. */
export class Hashing {
  readonly #request: HashAllRequest;
  readonly #context: PipelineContext;
  readonly #digestsOf: ReturnType<typeof digestsKnownTo>;
  readonly #line = new DownloadLine<Group>();
  readonly #known: Hashed[] = [];
  /** Groups that have no turn yet. */
  #opened: Group[] = [];
  readonly #running: Promise<HashOutcome[]>[] = [];
  /** Bytes of all groups; undefined when that of one is not known. */
  #bytes: number | undefined = 0;

  constructor(request: HashAllRequest, context: PipelineContext) {
    this.#request = request;
    this.#context = context;
    const sources = [request.previous, ...(request.known === undefined ? [] : [request.known])];
    const known = sources.map(digestsKnownTo);
    this.#digestsOf = (one) => known.map((digestsOf) => digestsOf(one)).find((found) => found !== undefined);
  }

  /** Takes all that there is to hash of one project. */
  add(resolved: readonly Resolved[]): void {
    const wanted = resolved.flatMap((one) => this.#wanted(one));
    const complete = withStatements(
      wanted.filter((one) => this.#mayHaveStatement(one)),
      this.#context,
    );
    for (const one of wanted) {
      const group = this.#line.find(one.url);
      if (group !== undefined) group.variants.push(one);
      else this.#open({ ...this.#waitingOf(one), variants: [one], complete });
    }
    if (this.#running.length + this.#opened.length >= ENOUGH_TO_BEGIN) this.begin();
  }

  /** Begins with what has not begun; to be called once nothing is added any more. */
  begin(): void {
    const groups = this.#opened;
    if (groups.length === 0) return;
    this.#opened = [];
    for (const group of groups) {
      const outcomes = this.#download(group);
      outcomes.catch(() => {}); // `finish` tells
      this.#running.push(outcomes);
    }
    const [downloads, unchanged] = [this.#running.length, this.#known.length];
    this.#context.terminal.plan({ downloads, unchanged, bytes: this.#bytes });
  }

  /** Waits for everything that has begun. What is not among `described` failed for another reason, and is left out. */
  async finish(described: readonly Described[]): Promise<HashedAll> {
    await Promise.allSettled(this.#running); // so that nothing is left on the disk when one has given up
    return summarize(this.#known, (await Promise.all(this.#running)).flat(), described);
  }

  /** Begins nothing any more, and waits for what is running. */
  async stop(): Promise<void> {
    this.#line.clear();
    await Promise.allSettled(this.#running);
  }

  #wanted(one: Resolved): Resolved[] {
    const digests = this.#digestsOf(one);
    if (digests === undefined) return [one];
    // Whatever is other than what is locked is told of as that.
    if (this.#request.rehash) return [{ ...one, declaredSize: undefined }];
    this.#known.push({ ...one, ...digests });
    return [];
  }

  /** Whoever set his runners up to write statements goes on with that. */
  #mayHaveStatement(one: Resolved): boolean {
    const locked = lockedVariantOf(this.#request.previous, one);
    return this.#context.runnerStatements === true || locked?.provenance?.statement !== undefined;
  }

  /** Of the size that GitLab declares, or else of that which there was the last time. */
  #waitingOf(one: Resolved): Waiting {
    const size = one.declaredSize ?? lockedVariantOf(this.#request.previous, one)?.size;
    return { url: one.url, size, small: (one.archiveSize ?? size ?? Infinity) <= SMALL };
  }

  #open(group: Group): void {
    this.#opened.push(group);
    this.#line.add(group);
    this.#bytes = sumOf(this.#bytes, group.size);
  }

  /** Has a turn for `group`, or for one that is to go before it. */
  async #download(group: Group): Promise<HashOutcome[]> {
    const complete = await this.#line.turn(group, async (next) => {
      const outcomes = await hashGroup(next.variants, this.#context);
      return () => next.complete(outcomes);
    });
    return complete?.() ?? [];
  }
}

/** Variants of the same bytes. */
interface Group extends Waiting {
  readonly variants: Resolved[];
  /** Adds what else is to be known of what was hashed. */
  readonly complete: (outcomes: readonly HashOutcome[]) => Promise<HashOutcome[]>;
}

/** Undefined when one of the two is. */
function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function summarize(
  known: readonly Hashed[],
  outcomes: readonly HashOutcome[],
  described: readonly Described[],
): HashedAll {
  const descriptions = new Map(described.map((one) => [keyOf(one), one]));
  const withDescription = (hashed: Hashed): Lockable[] => {
    const { version, provenance } = descriptions.get(keyOf(hashed)) ?? {};
    return version === undefined ? [] : [{ ...hashed, version, provenance }];
  };
  const fresh = outcomes.flatMap((one) => ("hashed" in one ? withDescription(one.hashed) : []));
  const failures = outcomes.flatMap((one) =>
    "error" in one && descriptions.has(keyOf(one.variant))
      ? [{ artifact: one.variant.artifact, error: one.error }]
      : [],
  );
  return { hashed: [...known.flatMap(withDescription), ...fresh], downloaded: fresh.length, failures };
}

function keyOf({ artifact, system }: Resolved): string {
  return `${system} ${artifact}`;
}
