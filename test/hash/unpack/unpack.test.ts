import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Header, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withUnpacked } from "../../../src/hash/unpack/unpack.js";
import { makeRandomTree, nixDump, type RawZipEntry, rawZip, tarOf, zipOfTree } from "./trees.js";

let folder: string;
let temporary: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
  temporary = join(folder, "tmp");
  await mkdir(temporary);
  vi.stubEnv("TMPDIR", temporary);
});
afterEach(async () => {
  expect(await readdir(temporary), "temporary files are left").toEqual([]);
  await rm(folder, { recursive: true });
});

const LIMITS = { bytes: 1 << 26, entries: 10_000 };

/** The NAR of an archive, and the size that was said before the first byte. */
async function unpack(archive: Uint8Array, limits: Partial<typeof LIMITS> = {}) {
  const file = join(folder, "archive");
  await writeFile(file, archive);
  return withUnpacked({ file, label: "acme", limits: { ...LIMITS, ...limits } }, async (nar) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of nar.read()) chunks.push(chunk);
    return { size: nar.size, nar: Buffer.concat(chunks) };
  });
}

/** What a user is told about an archive. */
async function refusal(archive: Uint8Array, limits: Partial<typeof LIMITS> = {}): Promise<string> {
  const error: unknown = await unpack(archive, limits).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "UNPACK_REFUSED" });
  return (error as Error).message; // it has a code, so it is an error
}

it.each(["while it is decompressed", "while its NAR is read"])(
  "who gives up %s is not told that the archive is damaged",
  async (when) => {
    const [file, tree] = [join(folder, "archive"), join(folder, "tree")];
    await mkdir(tree);
    await writeFile(join(tree, "big"), Buffer.alloc(1 << 20));
    await writeFile(file, tarOf(tree, "--gzip"));
    const giveUp = new AbortController();
    const reason = new Error("enough");
    if (when === "while it is decompressed") giveUp.abort(reason);
    const archive = { file, label: "acme", limits: LIMITS, signal: giveUp.signal };
    const reading = withUnpacked(archive, async (nar) => {
      for await (const chunk of nar.read()) giveUp.abort(chunk.length > 0 ? reason : undefined);
    });
    await expect(reading).rejects.toBe(reason);
  },
);

describe("the NAR of an archive is what Nix makes of the tree that went into it", () => {
  const formats = [
    ["tar", (tree: string) => tarOf(tree)],
    ["pax tar", (tree: string) => tarOf(tree, "--format=posix")],
    ["old tar", (tree: string) => tarOf(tree, "--format=oldgnu", "--sort=name")],
    ["tar.gz", (tree: string) => tarOf(tree, "--gzip")],
    ["tar.bz2", (tree: string) => tarOf(tree, "--bzip2")],
    ["tar.xz", (tree: string) => tarOf(tree, "--xz")],
    ["tar.zst", (tree: string) => tarOf(tree, "--zstd")],
    ["zip", zipOfTree],
  ] as const;

  it.each(formats)("%s", async (name, pack) => {
    for (let seed = 0; seed < 6; seed++) {
      const tree = join(folder, `tree-${seed}`);
      await mkdir(tree);
      await makeRandomTree(tree, seed);
      // zip names hold no backslash
      if (name === "zip")
        execFileSync("find", [tree, "-depth", "-name", "*\\\\*", "-exec", "rm", "-rf", "{}", ";"]);
      const { nar, size } = await unpack(await pack(tree));
      expect(size).toBe(nar.length);
      expect(nar.equals(nixDump(tree)), `${name} with seed ${seed}`).toBe(true);
    }
  });

  it("also when the compressed file is made of several", async () => {
    const tree = join(folder, "tree");
    await mkdir(tree);
    await makeRandomTree(tree, 3);
    const tar = tarOf(tree);
    for (const program of ["gzip", "bzip2", "xz", "zstd"]) {
      const parts = [tar.subarray(0, 20_000), tar.subarray(20_000)];
      const archive = Buffer.concat(parts.map((input) => execFileSync(program, ["-c"], { input })));
      expect((await unpack(archive)).nar.equals(nixDump(tree)), program).toBe(true);
    }
  });

  it("names that differ only in case are all there", async () => {
    const tree = join(folder, "tree");
    await mkdir(tree);
    for (const name of ["readme", "README", "Readme"]) await writeFile(join(tree, name), name);
    expect((await unpack(tarOf(tree))).nar.equals(nixDump(tree))).toBe(true);
  });
});

type RawEntry = Partial<Header> & { readonly name: string; readonly data?: string };

/** A tar of exactly these entries, which no tar program would write. */
async function rawTar(entries: readonly RawEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { data = "", ...header } of entries) tar.entry({ ...header, size: data.length }, data);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array); // streamx does not say what it gives
  return Buffer.concat(chunks);
}

describe("an archive is refused whose", () => {
  it.each([
    ["path leads out", [{ name: "a/../../evil" }], '"a/../../evil" leads out of the archive'],
    ["path is absolute", [{ name: "/etc/passwd" }], '"/etc/passwd" is an absolute path'],
    [
      "file lies below a symbolic link",
      [{ name: "dir", type: "symlink", linkname: "/etc" }, { name: "dir/passwd" }],
      '"dir/passwd" lies below "dir", which is a symbolic link',
    ],
    [
      "file lies below a file",
      [{ name: "dir" }, { name: "dir/passwd" }],
      '"dir/passwd" lies below "dir", which is a file',
    ],
    ["file is in it twice", [{ name: "a" }, { name: "./a" }], '"./a" is in it twice'],
    ["folder is also a file", [{ name: "a/b" }, { name: "a" }], '"a" is in it twice'],
    [
      "hard link leads out",
      [{ name: "a", type: "link", linkname: "../../etc/passwd" }],
      '"../../etc/passwd" leads out of the archive',
    ],
    [
      "hard link leads to nothing",
      [{ name: "a", type: "link", linkname: "b" }],
      '"a" is a hard link to "b", which is no file before it',
    ],
    ["entry is a device", [{ name: "null", type: "character-device" }], '"null" is no file, folder or link'],
    ["entry is a disk", [{ name: "sda", type: "block-device" }], '"sda" is no file, folder or link'],
    ["entry is a pipe", [{ name: "pipe", type: "fifo" }], '"pipe" is no file, folder or link'],
    ["only entry is its root", [{ name: "./", type: "directory" }], "there is nothing in it"],
    ["name moves the cursor", [{ name: "/\u001b[2J" }], '"/\\u001b[2J" is an absolute path'],
  ] satisfies [string, RawEntry[], string][])("%s (tar)", async (_, entries, said) => {
    expect(await refusal(await rawTar(entries))).toContain(`acme cannot be unpacked: ${said}`.slice(0, 200));
  });

  it.each([
    ["path leads out", [{ path: "../evil" }], '"../evil" leads out of the archive'],
    ["path is absolute", [{ path: "/etc/passwd" }], '"/etc/passwd" is an absolute path'],
    ["path begins with a drive", [{ path: "C:/evil" }], '"C:/evil" is a path of Windows'],
    ["name has a NUL", [{ path: "a\0b" }], '"a\\u0000b" has a NUL in it'],
    ["path has a backslash", [{ path: "..\\evil" }], '"..\\\\evil" is a path of Windows'],
    [
      "file lies below a symbolic link",
      [{ path: "dir", type: "symlink", data: "/etc" }, { path: "dir/passwd" }],
      '"dir/passwd" lies below "dir", which is a symbolic link',
    ],
    ["file is in it twice", [{ path: "a" }, { path: "a" }], '"a" is in it twice'],
    ["path is deep", [{ path: `${"d/".repeat(201)}f` }], "lies too deep"],
    ["link has no target", [{ path: "a", type: "symlink", data: "" }], '"a" is a symbolic link to ""'],
  ] satisfies [string, RawZipEntry[], string][])("%s (zip)", async (_, entries, said) => {
    expect(await refusal(rawZip(entries))).toContain(said);
  });

  it("names are not written in UTF-8", async () => {
    const tar = await rawTar([{ name: "name" }]);
    const latin1 = Buffer.from(tar);
    latin1[0] = 0xe4;
    // the checksum counts the bytes of the header
    latin1.write(
      (0xe4 - "n".charCodeAt(0) + parseInt(tar.toString("latin1", 148, 154), 8)).toString(8).padStart(6, "0"),
      148,
    );
    expect(await refusal(latin1)).toContain("is not written in UTF-8");
  });

  it("contents are not those that it was made of", async () => {
    const zip = rawZip([{ path: "a", data: "stored as it is: 0123456789" }]);
    const at = zip.indexOf("0123456789");
    zip[at] = (zip[at] ?? 0) ^ 0x10;
    expect(await refusal(zip)).toContain('"a" has a wrong CRC-32');
  });

  it.each(["--gzip", "--bzip2", "--xz", "--zstd", "--owner=0"])("end is missing (%s)", async (option) => {
    const tree = join(folder, "tree");
    await mkdir(tree);
    await writeFile(
      join(tree, "noise"),
      Buffer.from(Array.from({ length: 99_999 }, (_, i) => (i * i * 7 + (i >> 3)) % 251)),
    );
    const archive = tarOf(tree, option);
    expect(await refusal(archive.subarray(0, archive.length / 2))).toContain("it is damaged");
  });

  it("bytes are no archive at all", async () => {
    expect(await refusal(Buffer.from("<!DOCTYPE html>"))).toContain(
      "it is no archive that is known here: it begins with 3c21444f43545950",
    );
    expect(await refusal(Buffer.alloc(0))).toContain("it is empty");
    expect(await refusal(execFileSync("gzip", ["-c"], { input: "just a text, ".repeat(99) }))).toContain(
      "it is damaged",
    );
  });
});

describe("an archive is bounded in", () => {
  const zeros = Buffer.alloc(1 << 24);

  it.each(["gzip", "bzip2", "xz", "zstd"])("what it decompresses to (%s)", async (program) => {
    const tree = join(folder, "tree");
    await mkdir(tree);
    await writeFile(join(tree, "zeros"), zeros);
    const bomb = execFileSync(program, ["-c"], { input: tarOf(tree) });
    expect(bomb.length).toBeLessThan(20_000);
    expect(await refusal(bomb, { bytes: 1 << 20 })).toContain("it unpacks to more than 1048576 bytes");
  });

  it("what its headers alone decompress to", async () => {
    const bomb = execFileSync("gzip", ["-c"], {
      input: await rawTar(Array.from({ length: 12_000 }, () => ({ name: "d", type: "directory" as const }))),
    });
    expect(await refusal(bomb, { bytes: 1, entries: 10 })).toContain("it decompresses to more than");
  });

  it("what a zip says that it holds", async () => {
    const zip = rawZip([{ path: "zeros", data: zeros.toString("latin1") }]);
    expect(await refusal(zip, { bytes: 1 << 20 })).toContain("it unpacks to more than 1048576 bytes");
  });

  it("what hard links repeat", async () => {
    const links = Array.from({ length: 20 }, (_, i) => ({
      name: `${i}`,
      type: "link" as const,
      linkname: "file",
    }));
    const tar = await rawTar([{ name: "file", data: "x".repeat(100) }, ...links]);
    expect(await refusal(tar, { bytes: 1_000 })).toContain("it unpacks to more than 1000 bytes");
  });

  it("the number of its entries, with the folders that paths imply", async () => {
    expect(await refusal(await rawTar([{ name: "a/b/c/d" }]), { entries: 3 })).toContain(
      "it has more than 3 entries",
    );
  });
});
