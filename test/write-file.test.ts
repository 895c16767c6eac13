import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile as writePlainly } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { writeFiles } from "../src/write-file.js";

const writeFile = (path: string, text: string) => writeFiles([{ path, text }]);

const run = promisify(execFile);

async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "write-"));
}

test("a new file and its folders appear", async () => {
  const file = join(await temporaryDirectory(), "nix", "artifacts", "overlay.nix");

  expect(await writeFile(file, "text\n")).toEqual([file]);
  expect(await writeFile(file, "text\n")).toEqual([]);
  expect(await readFile(file, "utf8")).toBe("text\n");
});

test("a file that is for others to read is so under any umask", async () => {
  const file = join(await temporaryDirectory(), "entry");
  const umask = process.umask(0o077);
  try {
    await writeFiles([{ path: file, text: "text\n", mode: 0o644 }]);
  } finally {
    process.umask(umask);
  }
  expect((await stat(file)).mode & 0o777).toBe(0o644);
});

test("a folder where the file should be is an error that names it, and leaves no temporary file", async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, "lock"));
  await writePlainly(join(directory, "lock", "kept"), "");

  await expect(writeFile(join(directory, "lock"), "text")).rejects.toMatchObject({ code: "READ_FAILED" });
  expect(await readdir(directory)).toEqual(["lock"]);
});

test("on a full disk the old file stays whole and no temporary file is left", async () => {
  const disk = await temporaryDirectory();
  await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
  try {
    const file = join(disk, "artifacts.lock.json");
    await writeFile(file, "old\n");

    await expect(writeFile(file, "x".repeat(1 << 20))).rejects.toMatchObject({
      code: "WRITE_FAILED",
      hint: "free some space and run the command again",
    });
    expect(await readFile(file, "utf8")).toBe("old\n");
    expect(await readdir(disk)).toEqual(["artifacts.lock.json"]);
  } finally {
    await run("umount", [disk]);
  }
});

test("when the disk has no room for all files, none is changed", async () => {
  const disk = await temporaryDirectory();
  await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
  try {
    const files = ["a", "b"].map((name) => ({ path: join(disk, name), text: "old" }));
    await writeFiles(files);

    const newer = files.map(({ path }) => ({ path, text: "x".repeat(40 << 10) }));
    await expect(writeFiles(newer)).rejects.toMatchObject({ code: "WRITE_FAILED" });

    for (const { path } of files) expect(await readFile(path, "utf8")).toBe("old");
    expect((await readdir(disk)).sort()).toEqual(["a", "b"]);
  } finally {
    await run("umount", [disk]);
  }
});

test("a read-only file system is named as such", async () => {
  const disk = await temporaryDirectory();
  await run("mount", ["-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", disk]);
  try {
    await expect(writeFile(join(disk, "lock"), "text")).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringContaining("EROFS"),
    });
  } finally {
    await run("umount", [disk]);
  }
});

test("what a killed writer left behind is removed by the next one", async () => {
  const directory = await temporaryDirectory();
  const { pid = 0 } = spawnSync("true");
  await writePlainly(join(directory, `.lock.${pid}-0123456789ab.tmp`), "half");
  await writePlainly(join(directory, `.lock.${process.pid}-0123456789ab.tmp`), "being written");

  await writeFile(join(directory, "lock"), "text");

  expect((await readdir(directory)).sort()).toEqual([`.lock.${process.pid}-0123456789ab.tmp`, "lock"]);
});

test("whoever reads while it is written sees the old text or the new one", async () => {
  const file = join(await temporaryDirectory(), "lock");
  const texts = ["old".repeat(100_000), "new".repeat(100_000)];
  await writeFile(file, "old".repeat(100_000));
  const reads: Promise<string>[] = [];
  for (let round = 0; round < 20; round += 1) {
    const writing = writeFile(file, texts[round % 2] ?? "");
    reads.push(readFile(file, "utf8"), readFile(file, "utf8"));
    await writing;
  }

  for (const text of await Promise.all(reads)) expect(texts.includes(text)).toBe(true);
});
