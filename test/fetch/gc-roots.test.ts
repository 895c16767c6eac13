import { mkdtemp, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fetchIntoStore } from "../../src/fetch/fetch.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { keepFromGarbage } from "../../src/fetch/gc-roots.js";
import { createNix, type Nix } from "../../src/store/nix.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { makeVariantOf } from "../make/lock.js";

let store: TemporaryNix;
let nix: Nix;
let upstream: Upstream;
let directory: string;
beforeEach(async () => {
  store = await temporaryNix();
  nix = createNix({ env: store.env });
  upstream = await startUpstream();
  directory = join(await mkdtemp(join(tmpdir(), "roots-")), "roots");
});
afterEach(async () => {
  await upstream.close();
  await store.remove();
  await rm(join(directory, ".."), { recursive: true });
});

/** Puts artifacts into the store. */
async function fetched(...names: readonly string[]): Promise<LockedEntry[]> {
  const wanted = await Promise.all(
    names.map(async (artifact) => {
      const bytes = sampleBytes(100, artifact);
      const url = upstream.serve(`/${artifact}`, bytes);
      return { artifact, system: "any", variant: await makeVariantOf({ url, bytes, name: artifact }) };
    }),
  );
  await fetchIntoStore(wanted, { gitlab: upstream.gitlab, nix });
  return wanted;
}

/** The artifacts that a garbage collection leaves. */
async function survivors(wanted: readonly LockedEntry[]): Promise<string[]> {
  await store.run("nix-store", "--gc");
  const gone = await nix.missing(wanted.map(({ variant }) => variant.storePath));
  return wanted.filter(({ variant }) => !gone.has(variant.storePath)).map(({ artifact }) => artifact);
}

describe("keepFromGarbage", () => {
  it("keeps what is named through a garbage collection, until its link is removed", async () => {
    const locked = await fetched("a", "b", "c");
    await keepFromGarbage({ directory, kept: locked.slice(0, 2), locked, nix });
    expect((await readdir(directory)).sort()).toEqual(["a.any", "b.any"]);
    expect(await readlink(join(directory, "a.any"))).toBe(locked[0]?.variant.storePath);
    expect(await survivors(locked)).toEqual(["a", "b"]);
    await rm(join(directory, "a.any"));
    expect(await survivors(locked)).toEqual(["b"]);
  });

  it("points to new bytes and lets the old ones go", async () => {
    const [old, fresh] = await fetched("old", "new");
    if (old === undefined || fresh === undefined) throw new Error("two were fetched");
    const updated = { ...fresh, artifact: "old" };
    await keepFromGarbage({ directory, kept: [old], locked: [old], nix });
    await keepFromGarbage({ directory, kept: [updated], locked: [updated], nix });
    expect(await readdir(directory)).toEqual(["old.any"]);
    expect(await survivors([old, fresh])).toEqual(["new"]);
  });

  it("removes links of what is locked no more, and nothing that is not ours", async () => {
    const locked = await fetched("gone", "kept", "fresh");
    await keepFromGarbage({ directory, kept: locked, locked, nix });
    await writeFile(join(directory, "notes.x86_64-linux"), "mine");
    await symlink("/etc/hosts", join(directory, "hosts.any"));
    await symlink("/nix/store/x", join(directory, "result"));
    const rest = locked.slice(1);
    const removed = await keepFromGarbage({ directory, kept: locked.slice(2), locked: rest, nix });
    expect(removed).toEqual(["gone.any"]);
    expect((await readdir(directory)).sort()).toEqual(
      ["fresh.any", "hosts.any", "kept.any", "notes.x86_64-linux", "result"].sort(),
    );
    expect(await survivors(locked)).toEqual(["kept", "fresh"]);
  });

  it("says which directory it cannot write", async () => {
    await writeFile(directory, "a file");
    const keeping = keepFromGarbage({ directory, kept: [], locked: [], nix });
    await expect(keeping).rejects.toMatchObject({ code: "GC_ROOT_FAILED" });
    await expect(keeping).rejects.toThrow(directory);
  });
});
