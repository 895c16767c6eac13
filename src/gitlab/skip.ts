/**
 * What comes after the first `bytes` of a body. A job's artifacts never change, so the beginning that is there already is the same; the
 * hash is of both parts together.
 */
export function skip(body: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  return bytes === 0 ? body : skipSome(body, bytes);
}

async function* skipSome(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let ahead = bytes;
  for await (const chunk of body) {
    if (ahead < chunk.length) yield ahead === 0 ? chunk : chunk.subarray(ahead);
    ahead = Math.max(0, ahead - chunk.length);
  }
}
