import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decompress } from "../../../src/hash/unpack/decompress.js";

describe("a gzip whose end is missing", () => {
  it("is an error of whoever reads it, however late that is", async () => {
    const whole = gzipSync(Buffer.from(Array.from({ length: 9_999 }, (_, i) => (i * i * 7) % 251)));
    const decompressed = decompress(chunksOf(whole.subarray(0, 100)), "gzip");
    await sleep(100); // by then the decompressor has seen the end
    await expect(read(decompressed)).rejects.toThrow("unexpected end of file");
  });
});

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

async function read(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body);
}
