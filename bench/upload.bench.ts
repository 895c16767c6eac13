/** What a build waits for, and what the uploader takes of a machine that has better things to do. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { HOOK_SCRIPT } from "../src/upload/hook.js";
import { CLI } from "../test/cli/run-cli.js";
import { startNixHost, type NixHost } from "../test/nix/host.js";
import { sampleBytes } from "../test/store/samples.js";
import { compare, type Measured, report, sample } from "./measure.js";

const GIB = 2 ** 30;
const BUILT = {
  DRV_PATH: "/nix/store/kybdgmd68i1kwlrshsij2qy5k97sf8hg-tool.drv",
  OUT_PATHS: "/nix/store/kybdgmd68i1kwlrshsij2qy5k97sf8hg-tool",
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "bench-upload-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const empty = {
  sh: { command: "/bin/sh", args: ["-c", ":"] },
  node: { command: process.execPath, args: ["-e", "0"] },
};

test.each<[string, Measured, Measured]>([
  ["post-build-hook.sh / sh -c :", { command: HOOK_SCRIPT, args: [] }, empty.sh],
  ["artifacts hook / node -e 0", { command: process.execPath, args: [CLI, "hook"] }, empty.node],
])("%s", async (title, ours, theirs) => {
  const env = { ...BUILT, ARTIFACTS_SPOOL: directory };
  report(title, await compare({ ...ours, env }, { ...theirs, env }, 25), "ratio ≤ 1.5, ≤ 250 MiB");
});

test("uploader of 1 GiB against nix copy", async () => {
  const host: NixHost = await startNixHost();
  try {
    const file = join(host.home, "big");
    writeFileSync(file, sampleBytes(GIB, "big"));
    const path = await host.output("nix-store", ["--add-fixed", "sha256", file]);
    const [spool, cache] = [join(host.home, "spool"), join(host.home, "cache")];
    const before = () => rmSync(cache, { recursive: true, force: true });
    const inside = ["--target", `${host.pid}`, "--mount", "--"];
    const env = { NIX_REMOTE: "daemon" };
    const queued = `${process.execPath} ${CLI} queue add ${path} --spool ${spool} --quiet`;
    const own = { command: "nsenter", cwd: host.home, env, before };
    const add = { ...own, args: [...inside, "sh", "-c", `mkdir -p ${spool}; ${queued}`] };
    const upload = [CLI, "uploader", "--once", "--quiet", "--to", cache, "--spool", spool];
    // The entry is made before each sample; that is not part of the work.
    await sample(add);
    const first = await sample({ ...own, args: [...inside, process.execPath, ...upload] });
    const copy = [
      "--extra-experimental-features",
      "nix-command",
      "copy",
      "--to",
      `file://${cache}?compression=zstd`,
    ];
    const theirs = await sample({ ...own, args: [...inside, "nix", ...copy, path] });
    const ratio = first.seconds / theirs.seconds;
    const compared = { ours: first.seconds, theirs: theirs.seconds, ratio, peakMiB: first.peakMiB };
    report("uploader, 1 GiB / nix copy", compared, "≤ 250 MiB");
  } finally {
    await host.stop();
  }
});
