export interface Begun {
  /** Whether `bytes` are all there already. */
  readonly whole: boolean;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Lets go of what was begun, whether or not anybody read the rest. */
  end(): Promise<void>;
}

/**
 * Reads the first `size` bytes or all there are, so that whoever gets the rest is not asked for what fails at once and does not wait for what
 * is slow to begin.
 *
 * @returns what is the same as `bytes`, and is to be read and ended instead
 */
export async function beginning(bytes: AsyncIterable<Uint8Array>, size: number): Promise<Begun> {
  const iterator = bytes[Symbol.asyncIterator]();
  const end = async () => void (await iterator.return?.());
  const chunks: Uint8Array[] = [];
  for (let read = 0; read < size;) {
    const next = await iterator.next();
    if (next.done === true) return { whole: true, bytes: chunks, end };
    chunks.push(next.value);
    read += next.value.length;
  }
  return { whole: false, bytes: continued(chunks, iterator), end };
}

async function* continued(
  chunks: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* chunks;
  yield* { [Symbol.asyncIterator]: () => iterator };
}
