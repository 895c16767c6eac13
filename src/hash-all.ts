/**
 * Resolved → `Hashed`, for many: what the lock knows is taken over, the rest is downloaded. Each URL is read once, whoever needs it;
 * the biggest of those that are known begin, so that none of them is alone at the end. What fails does not touch the others.
 */
import type { UserError } from "./errors.js";
import { hashGroup } from "./hash-group.js";
import type { HashOutcome } from "./hash/hash.js";
import type { Hashed } from "./hash/hashed.js";
import { limitPerHost } from "./host-limit.js";
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

/** The downloads of a run. They begin while it is still being found out what else there is to download. */
export class Hashing {
  readonly #request: HashAllRequest;
  readonly #context: PipelineContext;
  readonly #digestsOf: ReturnType<typeof digestsKnownTo>;
  readonly #limit = limitPerHost();
  readonly #known: Hashed[] = [];
  readonly #groups: Group[] = [];
  /** Groups that have not begun, by URL. */
  readonly #waiting = new Map<string, Group>();
  readonly #running: Promise<HashOutcome[]>[] = [];

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
      const { url } = one;
      const group = this.#waiting.get(url);
      if (group !== undefined) group.variants.push(one);
      else this.#open({ url, variants: [one], size: sizeOf(one, this.#request), complete });
    }
    if (this.#groups.length >= ENOUGH_TO_BEGIN) this.begin();
  }

  /** Begins with what has not begun; to be called once nothing is added any more. */
  begin(): void {
    if (this.#groups.length === 0) return;
    this.#context.terminal.plan(planOf(this.#groups, this.#known.length));
    for (const { url } of this.#groups.slice(this.#running.length)) {
      const outcomes = this.#limit(url, () => this.#downloadBiggest(url)).then((complete) => complete());
      outcomes.catch(() => {}); // `finish` tells
      this.#running.push(outcomes);
    }
  }

  /** Waits for everything that has begun. What is not among `described` failed for another reason, and is left out. */
  async finish(described: readonly Described[]): Promise<HashedAll> {
    await Promise.allSettled(this.#running); // so that nothing is left on the disk when one has given up
    return summarize(this.#known, (await Promise.all(this.#running)).flat(), described);
  }

  /** Begins nothing any more, and waits for what is running. */
  async stop(): Promise<void> {
    this.#waiting.clear();
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

  #open(group: Group): void {
    this.#groups.push(group);
    this.#waiting.set(group.url, group);
  }

  /** Of the host of `url`: each group has a place in the line there, and the biggest that waits takes the next one. */
  async #downloadBiggest(url: string): Promise<() => Promise<HashOutcome[]>> {
    const group = biggestOf(this.#waiting.values(), new URL(url).origin);
    if (group === undefined) return () => Promise.resolve([]);
    this.#waiting.delete(group.url);
    const outcomes = await hashGroup(group.variants, this.#context);
    return () => group.complete(outcomes);
  }
}

/** Variants of the same bytes. */
interface Group {
  readonly url: string;
  /** Bytes; undefined when neither GitLab nor the lock gives an idea. */
  readonly size: number | undefined;
  readonly variants: Resolved[];
  /** Adds what else is to be known of what was hashed. */
  readonly complete: (outcomes: readonly HashOutcome[]) => Promise<HashOutcome[]>;
}

/** What GitLab declares, or else what there was the last time. */
function sizeOf(one: Resolved, { previous }: HashAllRequest): number | undefined {
  return one.declaredSize ?? lockedVariantOf(previous, one)?.size;
}

/** Of those of one origin; of equals, the first. */
function biggestOf(groups: Iterable<Group>, origin: string): Group | undefined {
  let biggest: Group | undefined;
  for (const group of groups) {
    if (!group.url.startsWith(`${origin}/`)) continue;
    if (biggest === undefined || (group.size ?? -1) > (biggest.size ?? -1)) biggest = group;
  }
  return biggest;
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

function planOf(groups: readonly Group[], unchanged: number) {
  const sizes = groups.flatMap(({ size }) => size ?? []);
  const bytes = sizes.length < groups.length ? undefined : sizes.reduce((sum, size) => sum + size, 0);
  return { downloads: groups.length, bytes, unchanged };
}
