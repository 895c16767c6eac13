import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatSri } from "../../../src/store/sri.js";
import { type OpenStore, openStore } from "../../../src/store/daemon/open-store.js";
import type { FixedPath } from "../../../src/store/daemon/operations.js";
import { narFrame } from "../../../src/store/nar.js";
import { createNix } from "../../../src/store/nix.js";
import { fixedOutputPath } from "../../../src/store/store-path.js";
import { sampleBytes } from "../samples.js";
import { temporaryDaemon } from "../temporary-daemon.js";
import { type TemporaryNix, temporaryNix } from "../temporary-nix.js";

interface Sample {
  readonly path: FixedPath;
  readonly bytes: Uint8Array;
  readonly nar: Uint8Array;
}

function sample(name: string, method: "flat" | "nar", size = 10_000): Sample {
  const bytes = sampleBytes(size, name);
  const { prefix, suffix, narSize } = narFrame(size, method === "nar");
  const nar = Buffer.concat([prefix, bytes, suffix]);
  const hash = sha256(method === "nar" ? nar : bytes);
  const storePath = fixedOutputPath({ name, method, sha256: hash });
  return {
    path: { storePath, method, hash: formatSri(hash), narHash: formatSri(sha256(nar)), narSize },
    bytes,
    nar,
  };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

async function* inPieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe.each([
  ["the daemon's socket", temporaryDaemon],
  ["a daemon of its own", temporaryNix],
])("a store reached through %s", (_, start) => {
  let nix: TemporaryNix;
  let opened: OpenStore;
  beforeEach(async () => {
    nix = await start();
    opened = await open();
  });
  afterEach(async () => {
    await opened.close();
    await nix.remove();
  });

  async function open(signal?: AbortSignal): Promise<OpenStore> {
    const store = await openStore(createNix({ env: nix.env }), signal);
    if (store === undefined) throw new Error("the store is not reached");
    return store;
  }

  async function isValid({ path: { storePath } }: Sample): Promise<boolean> {
    return (await createNix({ env: nix.env }).missing([storePath])).size === 0;
  }

  it("takes files and executables of any size, many at a time", async () => {
    const all = [0, 1, 7, 262_144, 40_000_000].map((size) => sample(`file-${size}`, "flat", size));
    all.push(...Array.from({ length: 20 }, (_, index) => sample(`program-${index}`, "nar")));
    await Promise.all(all.map(({ path, nar }) => opened.add(path, inPieces(nar))));
    expect(await opened.missing(all.map(({ path }) => path.storePath))).toEqual(new Set());
    for (const { path, bytes } of all.slice(0, 6)) {
      expect((await readFile(join(nix.root, path.storePath))).equals(bytes)).toBe(true);
    }
    await nix.run("nix-store", "--verify", "--check-contents");
  });

  it("tells what it has from what it has not", async () => {
    const [here, gone] = [sample("here", "flat"), sample("gone", "flat")];
    await opened.add(here.path, inPieces(here.nar));
    const paths = [here, gone].map(({ path }) => path.storePath);
    expect(await opened.missing(paths)).toEqual(new Set([gone.path.storePath]));
  });

  it.each([
    ["flat", 10_000],
    ["nar", 10_000],
    ["flat", 3_000_000],
    ["nar", 40_000_000],
  ] as const)(
    "makes nothing valid of half a %s of %i bytes, and all of it afterwards",
    async (method, size) => {
      const one = sample("half", method, size);
      const half = async function* () {
        yield* inPieces(one.nar.subarray(0, -1));
        throw new Error("the line was cut");
      };
      await expect(opened.add(one.path, half())).rejects.toThrow("the line was cut");
      await opened.close();
      opened = await open();
      expect(validPaths()).toBe("");
      await opened.add(one.path, inPieces(one.nar));
      expect(validPaths()).toBe(`${one.path.storePath}\n`);
      await nix.run("nix-store", "--verify-path", one.path.storePath);
    },
  );

  function validPaths(): string {
    const args = ["--extra-experimental-features", "nix-command", "path-info", "--all"];
    return execFileSync("nix", args, { env: nix.env, encoding: "utf8" });
  }

  it.each(["flat", "nar"] as const)(
    "refuses other bytes by itself (%s), and goes on with the next",
    async (method) => {
      const [one, other] = [sample("one", method), sample("other", method)];
      await expect(opened.add(one.path, inPieces(other.nar))).rejects.toMatchObject({
        code: "NIX_FAILED",
        message: expect.stringContaining("hash mismatch"),
      });
      expect(await isValid(one)).toBe(false);
      const wrongAddress = { ...one.path, hash: other.path.hash };
      await expect(opened.add(wrongAddress, inPieces(one.nar))).rejects.toMatchObject({ code: "NIX_FAILED" });
      expect(await isValid(one)).toBe(false);
      await opened.add(other.path, inPieces(other.nar));
      expect(await isValid(other)).toBe(true);
    },
  );

  it("stops what is going on when it is told to", async () => {
    const controller = new AbortController();
    const store = await open(controller.signal);
    const one = sample("stopped", "flat", 1_000_000);
    const stuck = async function* () {
      yield one.nar.subarray(0, 500_000);
      controller.abort(new Error("enough"));
      yield one.nar.subarray(500_000);
    };
    await expect(store.add(one.path, stuck())).rejects.toThrow("enough");
    await store.close();
    expect(await isValid(one)).toBe(false);
  });

  it("lets go of what it was to take when it takes nothing more", async () => {
    const controller = new AbortController();
    const store = await open(controller.signal);
    const one = sample("left", "flat", 1_000_000);
    let isOpen = false;
    const held = async function* () {
      isOpen = true;
      try {
        yield* inPieces(one.nar);
      } finally {
        isOpen = false;
      }
    };
    controller.abort(new Error("enough"));
    await expect(store.add(one.path, held())).rejects.toThrow("enough");
    expect(isOpen).toBe(false);
    await store.close();
  });
});
