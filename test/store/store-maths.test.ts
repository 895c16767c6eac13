import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { narFrame } from "../../src/store/nar.js";
import { nix32 } from "../../src/store/nix32.js";
import { formatSri, parseSri, sriToHex } from "../../src/store/sri.js";
import { fixedOutputPath } from "../../src/store/store-path.js";
import { sampleBytes } from "./samples.js";
import { type TemporaryNix, temporaryNix } from "./temporary-nix.js";

let nix: TemporaryNix;
beforeAll(async () => {
  nix = await temporaryNix();
});
afterAll(() => nix.remove());

const DIGESTS = [
  Buffer.alloc(32),
  Buffer.alloc(32, 255),
  ...Array.from({ length: 200 }, (_, index) => sampleBytes(32, index)),
];

describe("nix32", () => {
  it("prints 202 digests exactly as nix-hash does", async () => {
    const hex = DIGESTS.map((digest) => digest.toString("hex"));
    const { stdout } = await nix.run("nix-hash", "--type", "sha256", "--to-base32", ...hex);
    expect(DIGESTS.map(nix32)).toEqual(stdout.trim().split("\n"));
  });

  it("prints 160 bits in 32 digits, as in store paths", async () => {
    const hex = DIGESTS.map((digest) => digest.subarray(0, 20).toString("hex"));
    const { stdout } = await nix.run("nix-hash", "--type", "sha1", "--to-base32", ...hex);
    expect(DIGESTS.map((digest) => nix32(digest.subarray(0, 20)))).toEqual(stdout.trim().split("\n"));
  });
});

describe("SRI", () => {
  it("is read and printed as Nix does, and back to the same bytes", async () => {
    const hex = DIGESTS.map((digest) => digest.toString("hex"));
    const printed = DIGESTS.map(formatSri);
    const args = ["--extra-experimental-features", "nix-command", "hash", "to-sri", "--type", "sha256"];
    const { stdout } = await nix.run("nix", ...args, ...hex);
    expect(printed).toEqual(stdout.trim().split("\n"));
    expect(printed.map(sriToHex)).toEqual(hex);
    expect(printed.map((sri) => Buffer.from(parseSri(sri)))).toEqual(DIGESTS);
  });

  it.each([
    "",
    "sha256-",
    `sha512-${"A".repeat(43)}=`,
    `sha256-${"A".repeat(43)}`,
    ` sha256-${"A".repeat(43)}=`,
    `sha256-${"A".repeat(42)}-=`,
  ])("refuses %j", (text) => {
    expect(() => parseSri(text)).toThrow("not an SRI sha256");
  });

  it("refuses digests that are no sha256", () => {
    expect(() => formatSri(Buffer.alloc(20))).toThrow("32 bytes");
  });
});

describe("narFrame", () => {
  const directory = mkdtempSync(join(tmpdir(), "nix-artifacts-test-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const sizes = [...Array.from({ length: 18 }, (_, size) => size), 63, 64, 4095, 4096, 65_537];

  it.each([false, true])("frames files as `nix-store --dump` does (executable: %s)", (executable) => {
    for (const size of sizes) {
      const bytes = sampleBytes(size, size);
      const file = join(directory, `${size}-${executable}`);
      writeFileSync(file, bytes, { mode: executable ? 0o755 : 0o644 });
      const { prefix, suffix, narSize } = narFrame(size, executable);
      const dump = execFileSync("nix-store", ["--dump", file], { env: nix.env });
      expect(Buffer.concat([prefix, bytes, suffix]).equals(dump), `size ${size}`).toBe(true);
      expect(narSize).toBe(dump.length);
    }
  });

  it("counts sizes beyond 4 GiB", () => {
    const size = 5 * 2 ** 32 + 3;
    const { prefix, suffix, narSize } = narFrame(size, false);
    expect(Buffer.from(prefix).readBigUInt64LE(prefix.length - 8)).toBe(BigInt(size));
    expect(narSize).toBe(prefix.length + size + suffix.length);
    expect(narSize % 8).toBe(0);
  });
});

describe("fixedOutputPath", () => {
  const names = ["art.bin", "a", "_+=?.-1", "x".repeat(200)];

  it.each(["flat", "nar"] as const)("agrees with `nix-store --print-fixed-path` (%s)", async (method) => {
    for (const [index, name] of names.entries()) {
      const sha256 = createHash("sha256").update(sampleBytes(100, index)).digest();
      const recursive = method === "nar" ? ["--recursive"] : [];
      const args = ["--print-fixed-path", ...recursive, "sha256", sha256.toString("hex"), name];
      const { stdout } = await nix.run("nix-store", ...args);
      expect(fixedOutputPath({ name, method, sha256 })).toBe(stdout.trim());
    }
  });
});
