import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BinaryCache, CacheContents } from "../../src/cache/cache.js";
import { openFileCache } from "../../src/cache/file-cache.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { findGarbage } from "../../src/publish/garbage.js";
import { publish } from "../../src/publish/publish.js";
import { removeGarbage } from "../../src/publish/remove-garbage.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { createNix } from "../../src/store/nix.js";
import { narOfPath } from "../../src/store/nar-of-path.js";
import { temporaryNix } from "../store/temporary-nix.js";
import { uploadClosure } from "../../src/upload/upload-closure.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { makeVariantOf } from "../make/lock.js";

const DAY_MS = 24 * 3600 * 1000;

let upstream: Upstream;
let root: string;
let cache: BinaryCache;
beforeEach(async () => {
  upstream = await startUpstream();
  root = mkdtempSync(join(tmpdir(), "cache-"));
  cache = openFileCache(root);
});
afterEach(async () => {
  await upstream.close();
  await rm(root, { recursive: true });
});

async function wanted(artifact: string, content = artifact): Promise<LockedEntry> {
  const bytes = sampleBytes(10_000, content);
  const url = upstream.serve(`/${artifact}`, bytes);
  return { artifact, system: "any", variant: await makeVariantOf({ url, bytes, name: artifact }) };
}

async function send(...all: readonly LockedEntry[]): Promise<string[]> {
  const options = { gitlab: upstream.gitlab, cache: openFileCache(root), compression: "zstd" } as const;
  return (await publish(all, options)).map(({ status }) => status);
}

/** As if everything that is there had been written a hundred days ago. */
async function age(): Promise<void> {
  const then = new Date(Date.now() - 100 * DAY_MS);
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" }))
    await utimes(join(root, name), then, then);
}

function contentsOf({ contents }: BinaryCache): CacheContents {
  if (contents === undefined) throw new Error("a cache of files knows what it holds");
  return contents;
}

async function collect(roots: readonly (LockedEntry | string)[], contents = contentsOf(cache)) {
  const paths = roots.map((one) => (typeof one === "string" ? one : one.variant.storePath));
  const options = { cache, contents, roots: paths, before: Date.now() - 30 * DAY_MS };
  const garbage = await findGarbage(options);
  const removed = await removeGarbage(garbage, options);
  return { garbage, removed: removed.map(({ key }) => key) };
}

/** Names of the paths that are there whole; anything that is half there fails the test. */
async function there(): Promise<string[]> {
  const { problems, orphans } = await verifyCache({ cache, locked: [] });
  expect({ problems, orphans }).toEqual({ problems: [], orphans: [] });
  const texts = readdirSync(root).filter((name) => name.endsWith(".narinfo"));
  const stored = await Promise.all(texts.map((key) => cache.readText(key)));
  return stored
    .map((one) => /^StorePath: \/nix\/store\/.{32}-(.*)$/m.exec(one?.text ?? "")?.[1] ?? "")
    .sort();
}

/** A path that refers to another, `base`. */
async function uploadUser(into: BinaryCache = cache): Promise<string> {
  const store = await temporaryNix();
  const expression = `let base = builtins.toFile "base" "base"; in builtins.toFile "user" "uses \${base}"`;
  const { stdout } = await store.run("nix-instantiate", "--eval", "--read-write-mode", "-E", expression);
  const user = JSON.parse(stdout) as string; // the expression says so
  const infos = await createNix({ env: store.env }).closure([user]);
  const readNar = (path: string) => narOfPath(store.root + path);
  await uploadClosure(infos, { cache: into, compression: "none", known: new Set(), readNar });
  await store.remove();
  return user;
}

describe("what goes", () => {
  it("is what no root needs, with its archives; a shared archive stays while one needs it", async () => {
    const [kept, old, same, twin] = await Promise.all(
      [["kept"], ["old"], ["same", "shared"], ["twin", "shared"]].map(([name = "", content]) =>
        wanted(name, content),
      ),
    );
    if (kept === undefined || old === undefined || same === undefined || twin === undefined)
      throw new Error();
    await send(kept, old, same, twin);
    expect(readdirSync(join(root, "nar"))).toHaveLength(3);
    await age();
    const { garbage, removed } = await collect([kept, twin]);
    expect(garbage.archives).toHaveLength(1);
    expect(removed).toHaveLength(3);
    expect(garbage.kept.paths).toBe(2);
    expect(await there()).toEqual(["kept", "twin"]);
  });

  it("is nothing that was written within the grace, and nothing that a kept path refers to", async () => {
    const user = await uploadUser();
    await send(await wanted("old"));
    await age();
    await send(await wanted("young"));
    await collect([user]);
    expect(await there()).toEqual(["base", "user", "young"]);
  });

  it("is what an interrupted writer left, once that is old", async () => {
    const kept = await wanted("kept");
    await send(kept);
    await writeFile(join(root, "nar", "0000.nar"), "half");
    await writeFile(join(root, "README"), "by people");
    expect((await collect([kept])).removed).toEqual([]);
    await age();
    expect((await collect([kept])).removed).toEqual(["nar/0000.nar"]);
    expect(readdirSync(root)).toContain("README");
  });
});

describe("while others write", () => {
  const names = ["a", "b", "c"];

  it.each(Array.from({ length: 7 }, (_, step) => step))(
    "what is published before removal %i is whole afterwards",
    async (step) => {
      const [kept, ...old] = await Promise.all(["kept", ...names].map((name) => wanted(name)));
      if (kept === undefined) throw new Error();
      await send(kept, ...old);
      await age();
      let removals = 0;
      const contents = contentsOf(cache);
      const meanwhile: CacheContents = {
        ...contents,
        async removeOld(key, before) {
          if (removals++ === step) expect(await send(...old)).not.toContain("failed");
          return contents.removeOld(key, before);
        },
      };
      await collect([kept], meanwhile);
      if (removals <= step) await send(...old);
      expect(await there()).toEqual([...names, "kept"]);
    },
  );

  it("what a publisher finds there and counts on is young from then on", async () => {
    const [kept, found] = [await wanted("kept"), await wanted("found")];
    await send(kept, found);
    await age();
    upstream.requests.length = 0;
    expect(await send(found)).toEqual(["present"]);
    expect(upstream.requests).toEqual([]);
    await collect([kept]);
    expect(await there()).toEqual(["found", "kept"]);
  });

  it("what an uploader finds there is sent again when its removal was on its way", async () => {
    await uploadUser();
    await age();
    const onItsWay = new Map<string, Promise<void>>();
    await uploadUser({
      ...cache,
      async writeText(key, text) {
        await cache.writeText(key, text);
        if (!onItsWay.has(key))
          onItsWay.set(
            key,
            setTimeout(200).then(() => rm(join(root, key))),
          );
      },
    });
    await Promise.all(onItsWay.values());
    expect(onItsWay.size).toBe(2);
    expect(await there()).toEqual(["base", "user"]);
  });

  it("a file that is replaced at the last moment stays", async () => {
    const file = join(root, "nar", "1111.nar");
    await send(await wanted("one"));
    for (let round = 0; round < 300; round++) {
      await writeFile(file, "old");
      await utimes(file, new Date(0), new Date(0));
      await writeFile(join(root, "fresh"), "fresh");
      const replaced = setTimeout(round % 3).then(() => rename(join(root, "fresh"), file));
      await Promise.all([contentsOf(cache).removeOld("nar/1111.nar", DAY_MS), replaced]);
      expect(readFileSync(file, "utf8")).toBe("fresh");
    }
    expect(await contentsOf(cache).removeOld("nar/1111.nar", Date.now() + DAY_MS)).toBe(true);
    expect(await contentsOf(cache).removeOld("nar/1111.nar", Date.now() + DAY_MS)).toBe(true);
  });
});

it.each([1, 3, 5])(
  "ended after %i removals, everything promised is whole, and the next run removes the rest",
  async (last) => {
    const [kept, ...old] = await Promise.all(["kept", "a", "b", "c"].map((name) => wanted(name)));
    if (kept === undefined) throw new Error();
    await send(kept, ...old);
    await age();
    const failing = endedAfter(last);
    await expect(collect([kept], failing)).rejects.toThrow("killed");
    expect((await verifyCache({ cache, locked: [kept] })).problems).toEqual([]);
    await collect([kept]);
    expect(await there()).toEqual(["kept"]);
  },
);

it("a path goes before what it refers to", async () => {
  await uploadUser();
  const kept = await wanted("kept");
  await send(kept);
  await age();
  await expect(collect([kept], endedAfter(1))).rejects.toThrow("killed");
  const names = readdirSync(root).filter((name) => name.endsWith(".narinfo"));
  const texts = names.map((name) => readFileSync(join(root, name), "utf8"));
  const left = texts.map((text) => /^StorePath: .{44}(.*)$/m.exec(text)?.[1]);
  expect(left.sort()).toEqual(["base", "kept"]);
});

function endedAfter(last: number): CacheContents {
  let removals = 0;
  const contents = contentsOf(cache);
  return {
    ...contents,
    async removeOld(key, before) {
      if (removals++ >= last) throw new Error("killed");
      return contents.removeOld(key, before);
    },
  };
}

describe("refuses", () => {
  it("when the cache has none of the roots", async () => {
    await send(await wanted("one"));
    for (const roots of [[], [await wanted("elsewhere")]]) {
      await expect(collect(roots)).rejects.toMatchObject({ code: "GC_NO_ROOTS" });
    }
  });

  it("when something that stays is damaged", async () => {
    const one = await wanted("one");
    await send(one);
    await truncate(join(root, narInfoKey(one.variant.storePath)), 60);
    await expect(collect([one])).rejects.toMatchObject({ code: "CACHE_DAMAGED" });
  });
});
