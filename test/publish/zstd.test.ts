import { execFileSync } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { compressZstd } from "../../src/publish/zstd.js";
import { sampleBytes } from "../store/samples.js";

it("the same bytes make the same archive, in whatever parts the network brings them", async () => {
  const bytes = sampleBytes(5_000_000, "archive");
  const compress = await compressZstd();
  async function* inPartsOf(size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    await Promise.resolve();
  }
  const archives = await Promise.all(
    [65_536, 1_000_003, 5_000_000].map((size) => buffer(compress(inPartsOf(size)))),
  );

  expect(new Set(archives.map((archive) => archive.toString("hex"))).size).toBe(1);
  const [archive] = archives;
  const unpacked = execFileSync("zstd", ["-dc"], { input: archive, maxBuffer: 1 << 24 });
  expect(unpacked.equals(bytes)).toBe(true);
});
