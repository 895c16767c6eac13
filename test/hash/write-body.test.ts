import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { withTemporaryDirectory } from "../../src/hash/temporary-directory.js";
import { writeBody } from "../../src/hash/write-body.js";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function* body(...chunks: string[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

describe("writeBody", () => {
  it("writes every chunk with the given permissions, whatever the umask is", async () => {
    const file = join(directory, "tool");
    const umask = process.umask(0o777);
    try {
      expect(await writeBody(file, body("ab", "", "cde"), 0o755)).toBe(5);
    } finally {
      process.umask(umask);
    }
    expect(await readFile(file, "utf8")).toBe("abcde");
    expect((await stat(file)).mode & 0o777).toBe(0o755);
  });

  it("never writes into a file that is already there", async () => {
    const file = join(directory, "taken");
    await writeBody(file, body("mine"), 0o644);
    await expect(writeBody(file, body("yours"), 0o644)).rejects.toMatchObject({ code: "CANNOT_WRITE" });
    expect(await readFile(file, "utf8")).toBe("mine");
  });

  it("says what the disk said and what helps", async () => {
    const writing = writeBody(join(directory, "absent", "tool"), body("x"), 0o644);
    await expect(writing).rejects.toMatchObject({
      code: "CANNOT_WRITE",
      message: expect.stringContaining("ENOENT"),
      hint: expect.stringContaining("TMPDIR"),
    });
  });
});

describe("on a full disk", () => {
  it("names the place; TMPDIR would not help where a cache keeps unfinished files in itself", async () => {
    const cache = await mkdtemp(join(tmpdir(), "full-cache-"));
    const writing = writeBody(join(cache, ".staging-x", "archive"), body("x"), 0o644);
    const error = await writing.catch((error: unknown) => error);
    await rm(cache, { recursive: true });
    expect(error).toMatchObject({
      message: expect.stringContaining(cache),
      hint: expect.stringContaining("space"),
    });
    expect(error).toHaveProperty("hint", expect.not.stringContaining("TMPDIR"));
  });
});

describe("withTemporaryDirectory", () => {
  it("removes what was left in it, also after a failure", async () => {
    vi.stubEnv("TMPDIR", directory);
    const before = await readdir(directory);
    const failing = withTemporaryDirectory(async (own) => {
      await writeBody(join(own, "file"), body("x"), 0o644);
      throw new Error("later");
    });
    await expect(failing).rejects.toThrow("later");
    expect(await readdir(directory)).toEqual(before);
  });

  it("says that TMPDIR is not there", async () => {
    vi.stubEnv("TMPDIR", join(directory, "absent"));
    const making = withTemporaryDirectory(() => Promise.resolve());
    await expect(making).rejects.toMatchObject({ code: "CANNOT_WRITE" });
  });
});
