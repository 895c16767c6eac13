import { readText } from "../read-text.js";

/** A `.narinfo` has less than a thousand bytes, and one with all that a large system refers to a tenth of this. */
const MAX_BYTES = 1024 * 1024;

/**
 * The text of a body. What is longer than any text of a cache is not read to its end and is taken for empty, and so for damaged: a part
 * of it could mean something.
 */
export async function cacheText(body: AsyncIterable<unknown>): Promise<string> {
  const { text, cut, failure } = await readText(body, MAX_BYTES);
  if (failure !== undefined) throw failure;
  return cut ? "" : text;
}
