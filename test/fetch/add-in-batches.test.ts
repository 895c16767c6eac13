import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import { createAdder } from "../../src/fetch/add-in-batches.js";
import type { Nix } from "../../src/store/nix.js";

/** A Nix that refuses every batch with a file called "bad", and remembers what it was asked. */
function pickyNix() {
  const calls: string[] = [];
  const nix: Nix = {
    missing: () => Promise.resolve(new Set()),
    substitute: () => Promise.reject(new Error("not needed here")),
    addRoot: () => Promise.reject(new Error("not needed here")),
    closure: () => Promise.reject(new Error("not needed here")),
    outputs: () => Promise.reject(new Error("not needed here")),
    async addFixed(files, method) {
      calls.push(`${method} ${files.join(" ")}`);
      await Promise.resolve();
      if (files.includes("bad")) throw new UserError("NIX_FAILED", "no");
      return files.map((file) => `/nix/store/${file}`);
    },
    restore: () => Promise.reject(new Error("not needed here")),
  };
  return { nix, calls };
}

describe("createAdder", () => {
  it("adds a file at once, and together what came meanwhile", async () => {
    const { nix, calls } = pickyNix();
    const add = createAdder(nix);
    const paths = await Promise.all(["a", "b", "c", "d"].map((file) => add(file, "flat")));
    expect(paths).toEqual(["/nix/store/a", "/nix/store/b", "/nix/store/c", "/nix/store/d"]);
    expect(calls).toEqual(["flat a", "flat b c d"]);
  });

  it("never mixes the methods", async () => {
    const { nix, calls } = pickyNix();
    const add = createAdder(nix);
    await Promise.all([add("a", "flat"), add("b", "nar"), add("c", "flat"), add("d", "nar")]);
    expect(calls.toSorted()).toEqual(["flat a", "flat c", "nar b", "nar d"]);
  });

  it("finds the one file that Nix refuses and adds the others", async () => {
    const { nix } = pickyNix();
    const add = createAdder(nix);
    const outcomes = await Promise.allSettled(["a", "b", "bad", "d"].map((file) => add(file, "flat")));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(await add("e", "flat")).toBe("/nix/store/e");
  });
});
