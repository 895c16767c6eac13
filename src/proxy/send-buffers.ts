/** Two of these belong to an answer: while one is sent, the other is filled. */
const [SMALLEST, BIGGEST] = [16 * 1024, 128 * 1024];
const MOST_BYTES = 32 * 2 ** 20;

/** Memory is a resource of the process, so it is counted for all answers together. */
let lent = 0;

export interface SendBuffers {
  readonly filling: Buffer;
  readonly sending: Buffer;
  /** To be called once, when the answer is over. */
  release(): void;
}

/**
 * Buffers for an answer of `bytes`. The more are lent, the smaller are the next: so those of hundreds of answers are little more than
 * `MOST_BYTES`, and nobody waits for the memory of a slow client.
 */
export function lendBuffers(bytes: number): SendBuffers {
  const fair = 2 ** Math.floor(Math.log2(Math.max(MOST_BYTES - lent, 1) / 128));
  const length = Math.min(Math.max(fair, SMALLEST), BIGGEST, bytes);
  lent += 2 * length;
  return {
    filling: Buffer.allocUnsafeSlow(length),
    sending: Buffer.allocUnsafeSlow(length),
    release() {
      lent -= 2 * length;
    },
  };
}
