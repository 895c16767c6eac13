/** Memory for what only one reader wants. */
const [SMALLEST, BIGGEST] = [16 * 1024, 128 * 1024];
const MOST_BYTES = 16 * 2 ** 20;
/** To be used again: who reads alone takes one after the other. */
const MOST_SPARE = 64;

/** Memory is a resource of the process, so it is counted for all readers together. */
let lent = 0;
const spare: Buffer[] = [];

export interface LentBuffer {
  readonly buffer: Buffer;
  /** To be called once, when nobody looks at it any more. */
  release(): void;
}

/**
 * A buffer of at most `bytes`. The more are lent, the smaller are the next: so those of hundreds of readers are little more than
 * `MOST_BYTES`, and nobody waits for the memory of a slow client.
 */
export function lendBuffer(bytes: number): LentBuffer {
  const fair = 2 ** Math.floor(Math.log2(Math.max(MOST_BYTES - lent, 1) / 64));
  const length = Math.min(Math.max(fair, SMALLEST), BIGGEST);
  const used = spare.pop();
  const buffer = used?.length === length ? used : Buffer.allocUnsafeSlow(length);
  lent += length;
  return {
    buffer: buffer.subarray(0, bytes),
    release() {
      lent -= length;
      if (spare.length < MOST_SPARE) spare.push(buffer);
    },
  };
}
