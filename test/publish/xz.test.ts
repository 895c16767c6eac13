import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { compressXz } from "../../src/publish/xz.js";
import { sampleBytes } from "../store/samples.js";

const { PATH } = process.env;

async function* pieces(bytes: Uint8Array, then: () => void = () => undefined): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
  then();
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test.each([0, 10, 3_000_000])("%i bytes come back from xz as they were", async (size) => {
  const bytes = sampleBytes(size, "xz");
  const compressed = await collect(compressXz(pieces(bytes), PATH));
  const back = execFileSync("xz", ["--decompress"], { input: compressed, maxBuffer: 2 ** 24 });
  expect(back.equals(bytes)).toBe(true);
});

test("a body that fails at its end makes no archive that looks whole", async () => {
  const failing = pieces(sampleBytes(300_000, "cut"), () => {
    throw Object.assign(new Error("cut"), { code: "ECONNRESET" });
  });
  await expect(collect(compressXz(failing, PATH))).rejects.toThrow("cut");
});

test("a reader that stops early leaves neither the program nor the body waiting", async () => {
  let closed = false;
  async function* endless() {
    try {
      for (;;) yield sampleBytes(1_000_000, "endless");
    } finally {
      closed = true;
    }
  }
  for await (const chunk of compressXz(endless(), PATH)) if (chunk.length > 0) break;
  expect(closed).toBe(true);
});

test("without xz it says what to install", async () => {
  await expect(collect(compressXz(pieces(Buffer.from("x")), "/nonexistent"))).rejects.toMatchObject({
    code: "XZ_MISSING",
    hint: expect.stringContaining("apt-get install xz-utils"),
  });
});
