/** As much of a body as was wanted, or as came. */
export interface ReadText {
  readonly text: string;
  /** That were read. */
  readonly bytes: number;
  /** There was more. */
  readonly cut: boolean;
  /** What ended the body before its end. */
  readonly failure: unknown;
}

/** Reads `limit` bytes of a body at most; the rest is given up together with the connection. */
export async function readText(body: AsyncIterable<unknown>, limit: number): Promise<ReadText> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let failure: unknown;
  try {
    for await (const chunk of body) {
      const part = chunk as Uint8Array; // undici's bodies are binary unless an encoding is set
      chunks.push(part);
      bytes += part.length;
      if (bytes > limit) break;
    }
  } catch (error) {
    failure = error;
  }
  return { text: Buffer.concat(chunks).toString("utf8", 0, limit), bytes, cut: bytes > limit, failure };
}
