import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { UserError } from "../../src/errors.js";
import { writeBundle } from "../../src/fetch/bundle.js";
import { fetchIntoStore, type FetchOutcome } from "../../src/fetch/fetch.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { fetchFromBundle } from "../../src/fetch/from-bundle.js";
import { createNix, type Nix } from "../../src/store/nix.js";
import { formatSri } from "../../src/store/sri.js";
import { fixedOutputPath } from "../../src/store/store-path.js";
import { makeRandomTree, nixDump, tarOf } from "../hash/unpack/trees.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { runProcess } from "../nix/process.js";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { makeVariantOf } from "../make/lock.js";

let upstream: Upstream;
let directory: string;
let bundle: string;
let all: LockedEntry[];
let sender: TemporaryNix;
let receiver: TemporaryNix;
beforeEach(async () => {
  upstream = await startUpstream();
  directory = mkdtempSync(join(tmpdir(), "bundle-"));
  bundle = join(directory, "bundle.tar");
  [sender, receiver] = await Promise.all([temporaryNix(), temporaryNix()]);
  all = [
    await wanted("file", { bytes: sampleBytes(3_000_000, 1) }),
    await wanted("same", { bytes: sampleBytes(3_000_000, 1) }),
    await wanted("empty", { bytes: Buffer.alloc(0) }),
    await wanted("program", { form: "executable", bytes: Buffer.from("#!/bin/sh\n") }),
    await tree("tree"),
  ];
  const fetched = await fetchIntoStore(all, { gitlab: upstream.gitlab, nix: createNix({ env: sender.env }) });
  expect(statuses(fetched)).toEqual(all.map(() => "added"));
  await write(all);
  vi.stubEnv("TMPDIR", join(directory));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await upstream.close();
  await Promise.all([sender.remove(), receiver.remove(), rm(directory, { recursive: true })]);
});

async function wanted(
  artifact: string,
  locked: Partial<Parameters<typeof makeVariantOf>[0]> = {},
): Promise<LockedEntry> {
  const bytes = locked.bytes ?? sampleBytes(10_000, artifact);
  const url = upstream.serve(`/${artifact}`, bytes);
  return { artifact, system: "any", variant: await makeVariantOf({ url, bytes, name: artifact, ...locked }) };
}

async function tree(name: string, large?: Buffer): Promise<LockedEntry> {
  const folder = mkdtempSync(join(directory, "tree-"));
  await makeRandomTree(folder, 5);
  if (large !== undefined) writeFileSync(join(folder, "large"), large);
  const nar = nixDump(folder);
  const sha256 = createHash("sha256").update(nar).digest();
  const one = await wanted(name, { bytes: tarOf(folder, "--gzip") });
  await rm(folder, { recursive: true });
  const hash = formatSri(sha256);
  const storePath = fixedOutputPath({ name, method: "nar", sha256 });
  return {
    ...one,
    variant: { ...one.variant, form: "unpacked", hash, narHash: hash, narSize: nar.length, storePath },
  };
}

function write(some: readonly LockedEntry[], file = bundle): Promise<void> {
  return writeBundle(file, some, { locate: (path) => join(sender.root, path) });
}

function read(some: readonly LockedEntry[]): Promise<FetchOutcome[]> {
  return fetchFromBundle(bundle, some, { nix: createNix({ env: receiver.env }) });
}

function statuses(outcomes: readonly FetchOutcome[]): string[] {
  return outcomes.map((one) => (one.status === "failed" ? one.error.code : one.status));
}

/** Names of the paths that are valid now. */
async function arrived(): Promise<string[]> {
  const { stdout } = await receiver.run(
    "nix",
    "--extra-experimental-features",
    "nix-command",
    "path-info",
    "--all",
  );
  return stdout
    .split("\n")
    .flatMap((path) => (path === "" ? [] : [path.slice("/nix/store/".length + 33)]))
    .sort();
}

it("carries files, programs and trees to another store, without GitLab", async () => {
  await upstream.close();
  expect(statuses(await read(all))).toEqual(all.map(() => "added"));
  for (const { variant } of all) await receiver.run("nix-store", "--verify-path", variant.storePath);
  expect(statuses(await read(all))).toEqual(all.map(() => "present"));
  expect(readdirSync(directory)).toEqual(["bundle.tar"]);
  upstream = await startUpstream();
});

it("is the same file for the same artifacts, and holds shared bytes once", async () => {
  const again = join(directory, "again.tar");
  await write(all.toReversed(), again);
  expect(readFileSync(again).equals(readFileSync(bundle))).toBe(true);
  expect(readFileSync(bundle).length).toBeLessThan(4_000_000);
  await rm(again);
});

it("is a binary cache when it is unpacked, which Nix takes unsigned", async () => {
  const cache = mkdtempSync(join(directory, "cache-"));
  expect(await runProcess("tar", ["-xf", bundle, "-C", cache])).toMatchObject({ code: 0, stderr: "" });
  const command = ["--extra-experimental-features", "nix-command", "copy", "--from", `file://${cache}`];
  await receiver.run("nix", ...command, ...all.map(({ variant }) => variant.storePath));
  expect(await arrived()).toEqual(["empty", "file", "program", "same", "tree"]);
});

it("says what it lacks, and gives the rest", async () => {
  const other = await wanted("other");
  const outcomes = await read([other, ...all]);
  expect(statuses(outcomes)).toEqual(["BUNDLE_LACKS", ...all.map(() => "added")]);
});

it("other bytes than the locked ones never reach the store; the others do", async () => {
  const bytes = readFileSync(bundle);
  const at = bytes.indexOf("#!/bin/sh");
  bytes[at] = 33;
  writeFileSync(bundle, bytes);
  expect(statuses(await read(all))).toEqual(
    all.map(({ artifact }) => (artifact === "program" ? "BUNDLE_OTHER_BYTES" : "added")),
  );
  expect(await arrived()).toEqual(["empty", "file", "same", "tree"]);
});

it("an artifact that Nix does not unpack costs no other one", async () => {
  const [first, second] = [
    await tree("first", sampleBytes(3_000_000, 6)),
    await tree("second", sampleBytes(3_000_000, 7)),
  ];
  const pair = [first, second].sort((a, b) => (a.variant.storePath < b.variant.storePath ? -1 : 1));
  const gitlab = upstream.gitlab;
  await fetchIntoStore(pair, { gitlab, nix: createNix({ env: sender.env }) });
  await write(pair);
  const nix = createNix({ env: receiver.env });
  let refused = false;
  const failing: Nix = {
    ...nix,
    access: async () => ({ kind: "other" }),
    async restore(nar, path, signal) {
      if (refused) return nix.restore(nar, path, signal);
      refused = true;
      for await (const _ of nar) throw new UserError("NIX_FAILED", "no space left");
    },
  };
  const outcomes = await fetchFromBundle(bundle, pair, { nix: failing });
  expect(statuses(outcomes)).toEqual(["NIX_FAILED", "added"]);
});

it.each([
  ["is cut short", () => truncateSync(bundle, 2_000_000)],
  ["is cut between two blocks", () => truncateSync(bundle, 1024)],
  ["is no bundle", () => writeFileSync(bundle, "<html>not found</html>".repeat(100))],
  ["is not there", () => rm(bundle)],
])("a bundle that %s is an error for what is missing", async (_, damage) => {
  await damage();
  const outcomes = await read(all);
  expect(statuses(outcomes)).toContain(
    _ === "is cut between two blocks" ? "BUNDLE_LACKS" : "BUNDLE_UNREADABLE",
  );
  expect(statuses(outcomes).filter((status) => status !== "added").length).toBeGreaterThan(0);
  for (const name of await arrived()) expect(all.map(({ artifact }) => artifact)).toContain(name);
  writeFileSync(bundle, "");
});

it("whoever interrupts it does not wait for the end of an entry that nobody asked for", async () => {
  const size = 64 * 2 ** 30;
  const tar = pack();
  tar.entry({ name: "large", size });
  for await (const header of tar) {
    writeFileSync(bundle, header as Buffer);
    break;
  }
  truncateSync(bundle, 512 + size);
  const controller = new AbortController();
  const nix = createNix({ env: receiver.env });
  const reading = fetchFromBundle(bundle, all, { nix, signal: controller.signal });
  setTimeout(() => controller.abort(new Error("interrupted")), 500);
  await expect(reading).rejects.toThrow("interrupted");
});

it("entries that nobody asked for are passed over, whatever they are called", async () => {
  const evil = join(directory, "evil.tar");
  await runProcess("tar", ["-cf", evil, "--absolute-names", "--transform", "s,.*,../../etc/evil,", bundle]);
  const [first, rest] = [readFileSync(evil), readFileSync(bundle)];
  writeFileSync(
    bundle,
    Buffer.concat([first.subarray(0, first.lastIndexOf(Buffer.alloc(1024)) & ~511), rest]),
  );
  appendFileSync(bundle, Buffer.alloc(1024));
  await rm(evil);
  await read(all);
  expect(existsSync(join(directory, "../../etc/evil"))).toBe(false);
});

it("a store path that is damaged is no bundle, and no half a one is left", async () => {
  const program = join(sender.root, all[3]?.variant.storePath ?? "");
  await runProcess("chmod", ["u+w", program]);
  writeFileSync(program, "#!/bin/zz\n");
  const other = join(directory, "other.tar");
  await expect(write(all, other)).rejects.toMatchObject({ code: "STORE_PATH_DAMAGED" });
  await expect(write(all.slice(0, 1), join(directory, "none", "bundle"))).rejects.toMatchObject({
    code: "BUNDLE_NOT_WRITTEN",
  });
  expect(readdirSync(directory)).toEqual(["bundle.tar"]);
});

it("a store whose files are not where its paths say is named, and not the disk", async () => {
  const other = join(directory, "other.tar");
  await expect(writeBundle(other, all)).rejects.toMatchObject({
    code: "STORE_PATH_UNREADABLE",
    message: expect.stringContaining("/nix/store/"),
    hint: expect.stringContaining("another root"),
  });
  expect(readdirSync(directory)).toEqual(["bundle.tar"]);
});
