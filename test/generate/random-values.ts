/** Random values of Nix and JSON from a seed, with a taste for what is hard to print. */
import type { JsonValue } from "../../src/print-json.js";
import type { NixValue } from "../../src/generate/nix-value.js";

const HARD_STRINGS = [
  ..."\"\\$\n\r\t{}'` ;#=",
  "${",
  "$${",
  "$$",
  "\\${",
  '"; builtins.abort "x',
  "''",
  "''${x}",
  "\r\n",
  "/* */",
  "\u001b[31m",
  "\u0001",
  "\u007f",
  "\u009b",
  "\u202e",
  "\u2028",
  "\ufeff",
  "\u{e0001}",
  "ä",
  "日本",
  "👩‍💻",
  "null",
  "if",
];
const ATTR_NAMES = [
  "a",
  "b-c",
  "_d",
  "e'",
  "if",
  "or",
  "inherit",
  "rec",
  "",
  " ",
  "a.b",
  "1",
  '"',
  "${x}",
  "ä",
  "\n",
];

/** Mulberry32, a small generator of numbers in [0, 1): the same seed gives the same values. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A value without paths. */
export function randomNix(random: () => number): NixValue {
  return randomTree<NixValue>(random, () => oneOf(random, [null, randomString(random)]));
}

export function randomJson(random: () => number): JsonValue {
  return randomTree<JsonValue>(random, () =>
    oneOf(random, [null, true, false, randomInteger(random), randomString(random), randomString(random)]),
  );
}

type Tree<T> = T | readonly T[] | Readonly<Record<string, T>>;

function randomTree<T>(random: () => number, randomLeaf: () => T, depth = 3): Tree<T> {
  const randomBranch = () => randomTree(random, randomLeaf, depth - 1) as T; // trees of such values are such values
  switch (depth > 0 ? Math.floor(random() * 6) : 0) {
    case 4:
      return many(random, randomBranch);
    case 5:
      return Object.fromEntries(many(random, () => [oneOf(random, ATTR_NAMES), randomBranch()] as const));
    default:
      return randomLeaf();
  }
}

function randomString(random: () => number): string {
  return many(random, () => oneOf(random, HARD_STRINGS)).join("");
}

function randomInteger(random: () => number): number {
  const magnitude = Math.floor(random() * 2 ** oneOf(random, [1, 8, 31, 53]));
  return random() < 0.3 && magnitude > 0 ? -magnitude : magnitude;
}

function many<T>(random: () => number, make: () => T): T[] {
  return Array.from({ length: Math.floor(random() * 6) }, make);
}

function oneOf<T>(random: () => number, items: readonly [T, ...T[]] | readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
}
