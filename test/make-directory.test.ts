import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeDirectory } from "../src/make-directory.js";

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), "nix-artifacts-make-directory-"))));
afterEach(() => rm(root, { recursive: true }));

it("makes those above, too, each with the mode; what is there stays as it is", async () => {
  await makeDirectory(join(root, "a/b/c"), 0o700);
  await makeDirectory(join(root, "a/b/c"), 0o755);
  const modes = await Promise.all(
    ["a", "a/b", "a/b/c"].map(async (path) => (await stat(join(root, path))).mode),
  );
  expect(modes.map((mode) => mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
});

it("is done when others make the same one at the same time, and when a link leads to one", async () => {
  const deep = join(root, "a/b/c/d");
  await Promise.all(Array.from({ length: 20 }, () => makeDirectory(deep)));
  await symlink(deep, join(root, "link"));
  await makeDirectory(join(root, "link/e"));
  expect((await stat(join(deep, "e"))).isDirectory()).toBe(true);
});

it.each([
  ["of a file system that takes none, although the one above it is there", () => "/proc/x/y", "ENOENT"],
  ["where a file is", () => join(root, "file"), "EEXIST"],
  ["below a file", () => join(root, "file/x"), "ENOTDIR"],
  ["where a link leads nowhere", () => join(root, "nowhere/x"), "EEXIST"],
])("fails for one %s", async (_, path, code) => {
  await writeFile(join(root, "file"), "");
  await symlink(join(root, "nothing"), join(root, "nowhere"));
  await expect(makeDirectory(path())).rejects.toMatchObject({ code });
});
