/** The memory of all blocks of all files: a resource of the process, so it is counted for all of them together. */

/** Of every block but the last one of a file. */
export const BLOCK_BYTES = 256 * 1024;
const MOST_BYTES = 32 * 2 ** 20;
/** What is used again and again in a short time stays in the cache of the processor. */
const MOST_SPARE = 16;

export interface BlockMemory {
  readonly buffer: Buffer;
  /** It is not looked at now. Somebody else may get it, of which `taken` tells. */
  rest(taken: () => void): void;
  /** It is looked at again. */
  wake(): void;
  /** It is not needed any more. */
  free(): void;
}

let held = 0;
/** Those that rest, least recently used first, as a Map keeps the order of insertion. */
const resting = new Map<BlockMemory, () => void>();
const spare: Buffer[] = [];

/** @returns undefined when all is being looked at; `mustHave` counts, but gets it all the same */
export function takeMemory(length: number): BlockMemory | undefined;
export function takeMemory(length: number, mustHave: true): BlockMemory;
export function takeMemory(length: number, mustHave = false): BlockMemory | undefined {
  for (const [oldest, taken] of resting) {
    if (held + length <= MOST_BYTES) break;
    taken();
    oldest.free();
  }
  if (held + length > MOST_BYTES && !mustHave) return undefined;
  held += length;
  const buffer = (length === BLOCK_BYTES ? spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(length);
  const memory: BlockMemory = {
    buffer,
    rest: (taken) => void resting.set(memory, taken),
    wake: () => void resting.delete(memory),
    free() {
      resting.delete(memory);
      held -= length;
      if (length === BLOCK_BYTES && spare.length < MOST_SPARE) spare.push(buffer);
    },
  };
  return memory;
}
