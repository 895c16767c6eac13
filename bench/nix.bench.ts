import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { artifactData, provenanceData } from "../src/generate/artifact-data.js";
import { generate } from "../src/generate/generate.js";
import { readNixLibrary } from "../src/generate/nix-library.js";
import { printLock } from "../src/lock/write.js";
import type { JsonObject } from "../src/print-json.js";
import type { Lock, LockedArtifact } from "../src/lock/schema.js";
import { CLI } from "../test/cli/run-cli.js";
import { projectPath } from "../test/nix/evaluate.js";
import { makeLock, makeArtifact, makeVariant } from "../test/make/lock.js";
import { compare, report, sample, type Measured } from "./measure.js";

const STAND_IN = projectPath("nix/stand-in");
const LIBRARY = projectPath("nix/lib");
const BARE = `(derivation {
  name = "art.bin"; system = "builtin"; builder = "builtin:fetchurl"; url = "http://127.0.0.1:7467/art.bin";
  outputHash = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY="; outputHashMode = "flat";
}).outPath`;

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "bench-nix-"));
  for (const count of [1_000, 10_000]) await writeLayouts(join(root, String(count)), manyArtifacts(count));
});
afterAll(() => rmSync(root, { recursive: true }));

function manyArtifacts(count: number): Lock {
  const artifact = makeArtifact({ systems: { any: makeVariant() } });
  return makeLock(
    Object.fromEntries(Array.from({ length: count }, (_, number) => [`acme-${number}`, artifact])),
  );
}

/** Ours; everything inlined in one Nix file, as nvfetcher writes it; and everything in one JSON file, as npins does. */
async function writeLayouts(folder: string, lock: Lock): Promise<void> {
  const options = { namespace: "artifacts", proxy: "http://127.0.0.1:7467", library: await readNixLibrary() };
  for (const { path, text } of generate(lock, options)) write(join(folder, "ours", path), text);
  write(join(folder, "artifacts.lock.json"), printLock(lock));
  const data = Object.fromEntries(
    Object.entries(lock.artifacts).map(([name, artifact]) => [name, wholeData(name, artifact)]),
  );
  write(join(folder, "json/data.json"), JSON.stringify(data, null, 2));
  const { command, args } = nix(`builtins.fromJSON (builtins.readFile ${folder}/json/data.json)`);
  write(
    join(folder, "inlined/data.nix"),
    execFileSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 30 }),
  );
  const reads = { inlined: "import ./data.nix", json: "builtins.fromJSON (builtins.readFile ./data.json)" };
  for (const [layout, artifacts] of Object.entries(reads)) {
    write(join(folder, layout, "overlay.nix"), theirOverlay(artifacts));
  }
}

/** Everything in one place. */
function wholeData(name: string, artifact: LockedArtifact): JsonObject {
  return { name, ...artifactData(artifact), provenance: provenanceData(artifact) };
}

function theirOverlay(artifacts: string): string {
  return `final: prev: {
    artifacts = builtins.mapAttrs (_: artifact: import ${LIBRARY}/mkPackage.nix {
      pkgs = final; inherit artifact; proxy = "http://127.0.0.1:7467";
    }) (${artifacts});
  }`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function nix(expression: string): Measured {
  const args = ["--eval", "--strict", "--readonly-mode", "--store", "dummy://", "--expr", expression];
  return { command: "nix-instantiate", args };
}

function withOverlay(count: number, layout: string, expression: string): Measured {
  const overlay = `(import ${root}/${count}/${layout}/overlay.nix)`;
  return nix(`let pkgs = import ${STAND_IN} { overlays = [ ${overlay} ]; }; in ${expression}`);
}

const ALL = `builtins.foldl' (count: name: builtins.seq pkgs.artifacts.\${name}.outPath (count + 1)) 0
  (builtins.attrNames (removeAttrs pkgs.artifacts [ "all" "groups" ]))`;

test("evaluation", async () => {
  const unused = withOverlay(10_000, "ours", "pkgs.unzip.outPath");
  const without = nix(`(import ${STAND_IN} { }).unzip.outPath`);
  report("overlay of 10,000, none used / no overlay", await compare(unused, without, 9), "ratio ≤ 1.1");
  for (const [count, aim] of [
    [1_000, "1.3"],
    [10_000, "4"],
  ] as const) {
    const one = withOverlay(count, "ours", "pkgs.artifacts.acme-5.outPath");
    report(`one of ${count} / a bare derivation`, await compare(one, nix(BARE), 9), `ratio ≤ ${aim}`);
  }
  for (const layout of ["inlined", "json"]) {
    const one = "pkgs.artifacts.acme-5.outPath";
    const compared = await compare(withOverlay(10_000, "ours", one), withOverlay(10_000, layout, one));
    report(`one of 10,000 / ${layout}`, compared, "ratio < 1");
  }
  for (const layout of ["inlined", "json"]) {
    const compared = await compare(withOverlay(10_000, "ours", ALL), withOverlay(10_000, layout, ALL), 3);
    report(`all 10,000 / ${layout}`, compared, "≤ 0.5 s, ≤ 114 MiB");
  }
});

test("generate for 10,000 artifacts", async () => {
  const cwd = join(root, "10000");
  const command = { command: process.execPath, args: [CLI, "generate", "--quiet"], cwd };
  const first = await sample(command);
  const again = await sample(command);
  process.stdout.write(
    `generate, 10,000 artifacts: new ${first.seconds.toFixed(2)} s, unchanged ${again.seconds.toFixed(2)} s, ${first.peakMiB.toFixed(0)} MiB  aim: ≤ 1 s\n`,
  );
});
