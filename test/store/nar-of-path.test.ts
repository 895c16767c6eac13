import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { narOfPath } from "../../src/store/nar-of-path.js";
import { makeRandomTree } from "../hash/unpack/trees.js";

const directory = mkdtempSync(join(tmpdir(), "nar-of-path-"));
afterAll(() => rmSync(directory, { recursive: true }));

function dump(path: string): Buffer {
  return execFileSync("nix-store", ["--dump", path], { maxBuffer: 1 << 28 });
}

test.each([1, 2, 3])("of a random tree is what Nix dumps (%i)", async (seed) => {
  const tree = join(directory, `tree-${seed}`);
  mkdirSync(tree);
  await makeRandomTree(tree, seed);
  expect((await buffer(narOfPath(tree))).equals(dump(tree))).toBe(true);
});

test("names and targets that are no UTF-8, modes, empty files and folders are kept as Nix keeps them", async () => {
  const tree = join(directory, "odd");
  mkdirSync(join(tree, "empty"), { recursive: true });
  for (const name of ["Z", "a", "ä", "\u{1F600}", "\u{FB00}"]) writeFileSync(join(tree, name), name);
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x41])]), "latin");
  symlinkSync(Buffer.from([0x2e, 0x2f, 0xe4]), join(tree, "link"));
  writeFileSync(join(tree, "nothing"), "");
  writeFileSync(join(tree, "group"), "x");
  chmodSync(join(tree, "group"), 0o610);
  writeFileSync(join(tree, "owner"), "x");
  chmodSync(join(tree, "owner"), 0o700);
  for (const path of ["", "/a", "/link", "/nothing", "/owner"]) {
    expect((await buffer(narOfPath(tree + path))).equals(dump(tree + path))).toBe(true);
  }
});

test("there is none of a device", async () => {
  await expect(buffer(narOfPath("/dev/null"))).rejects.toMatchObject({ code: "NO_NAR" });
});
