import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fetchIntoStore } from "../../src/fetch/fetch.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import type { Digests } from "../../src/hash/hashed.js";
import { createNix } from "../../src/store/nix.js";
import { formatSri } from "../../src/store/sri.js";
import { hashOne } from "../hash/hash-one.js";
import { makeHashed, makeVariant } from "../make/lock.js";
import { makeRandomTree, nixDump, tarOf, zipOfTree } from "../hash/unpack/trees.js";
import { type Upstream, startUpstream } from "../hash/upstream.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";

let store: TemporaryNix;
let upstream: Upstream;
let folder: string;
let tree: string;
beforeEach(async () => {
  store = await temporaryNix();
  upstream = await startUpstream();
  folder = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
  tree = join(folder, "acme");
  await mkdir(tree);
  await makeRandomTree(tree, 5);
  // names in a zip hold no backslash
  await rm(join(tree, "back\\slash"), { recursive: true, force: true });
  await mkdir(join(folder, "tmp"));
  vi.stubEnv("TMPDIR", join(folder, "tmp"));
});
afterEach(async () => {
  expect(await readdir(join(folder, "tmp")), "temporary files are left").toEqual([]);
  await upstream.close();
  await store.remove();
  await rm(folder, { recursive: true });
});

/** What `artifacts lock` finds out about an archive under `url`. */
async function lockedDigests(url: string): Promise<Digests> {
  const resolved = makeHashed("acme", "any", { url, form: "unpacked", storeName: "acme" });
  const { gitlab } = upstream;
  const hashed = await hashOne(resolved, { gitlab });
  return {
    size: hashed.size,
    hash: hashed.hash,
    narHash: hashed.narHash,
    narSize: hashed.narSize,
    storePath: hashed.storePath,
  };
}

function wanted(url: string, digests: Digests): LockedEntry {
  return {
    artifact: "acme",
    system: "any",
    variant: makeVariant({ ...digests, url, name: "acme", form: "unpacked" }),
  };
}

it.each(["tar", "zip"])(
  "locks the tree of a %s as Nix would, and fetches exactly that tree",
  async (kind) => {
    const url = upstream.serve("/archive", kind === "tar" ? tarOf(tree, "--gzip") : await zipOfTree(tree));
    const digests = await lockedDigests(url);
    const dump = nixDump(tree);
    const sri = formatSri(createHash("sha256").update(dump).digest());
    const added = await store.run("nix-store", "--add-fixed", "--recursive", "sha256", tree);
    const storePath = added.stdout.trim();
    expect(digests).toMatchObject({ hash: sri, narHash: sri, narSize: dump.length, storePath });
    await store.run("nix-store", "--delete", storePath);

    const outcomes = await fetchIntoStore([wanted(url, digests)], {
      gitlab: upstream.gitlab,
      nix: createNix({ env: store.env }),
    });
    expect(outcomes).toMatchObject([{ status: "added" }]);
    const inStore = join(store.root, "nix/store", basename(digests.storePath));
    expect(nixDump(inStore).equals(dump)).toBe(true);
  },
);

it("adds nothing when the archive has become another", async () => {
  const url = upstream.serve("/archive", tarOf(tree));
  const digests = await lockedDigests(url);
  await writeFile(join(tree, "always"), "never");
  upstream.serve("/archive", tarOf(tree));
  const nix = createNix({ env: store.env });

  const [outcome] = await fetchIntoStore([wanted(url, digests)], { gitlab: upstream.gitlab, nix });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "OTHER_BYTES" } });
  expect(await nix.missing([digests.storePath])).toEqual(new Set([digests.storePath]));
});

it("unpacks no more than what is locked", async () => {
  const url = upstream.serve("/archive", tarOf(tree, "--gzip"));
  const digests = await lockedDigests(url);
  const [outcome] = await fetchIntoStore([wanted(url, { ...digests, narSize: 16 })], {
    gitlab: upstream.gitlab,
    nix: createNix({ env: store.env }),
  });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "UNPACK_REFUSED" } });
});

it("locks nothing of an archive that is refused, and says where it was declared", async () => {
  const url = upstream.serve("/archive", Buffer.from("no archive"));
  await expect(lockedDigests(url)).rejects.toMatchObject({
    code: "UNPACK_REFUSED",
    message: expect.stringContaining("acme: the archive of job 77001 in platform/acme cannot be unpacked"),
    at: { file: "/repo/manifests/acme.ts" },
  });
});
