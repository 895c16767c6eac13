import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { parsePathInfos, type PathInfo } from "../../src/store/path-info.js";
import { HOOK_SCRIPT } from "../../src/upload/hook.js";
import { brokenPromises } from "../publish/broken-promises.js";
import { type NixHost, startNixHost } from "../nix/host.js";

const KILLED = fileURLToPath(new URL("killed-uploader.js", import.meta.url));
const KILLS = 200;
/** Each refers to the one before it and to a file. */
const CHAINS = 40;
const LENGTH = 3;

let host: NixHost;
let directory: string;
let built: string[];
let infos: PathInfo[];

beforeAll(async () => {
  host = await startNixHost();
  directory = mkdtempSync(join(tmpdir(), "killed-uploader-"));
  const expression = `
    let link = chain: before: n: derivation {
      name = "link-\${toString chain}-\${toString n}"; system = builtins.currentSystem; builder = "/bin/sh"; inherit before;
      file = builtins.toFile "file-\${toString chain}-\${toString n}" "text"; 
      args = [ "-c" "echo $before $file > $out; exit 0" ]; };
    in builtins.concatMap (chain: let first = link chain "" 1; second = link chain first 2; in [ first second (link chain second 3) ])
      (builtins.genList (n: n) ${CHAINS})`;
  built = (await host.output("nix-build", ["--no-out-link", "-E", expression])).split("\n");
  infos = parsePathInfos(await host.output("nix", ["path-info", "--json", "--recursive", ...built]));
});
afterAll(async () => {
  await host.stop();
  rmSync(directory, { recursive: true });
});

function settings(spool: string, cache: string, until: string): string {
  const file = join(directory, `${basename(spool)}-${until}.json`);
  writeFileSync(
    file,
    JSON.stringify({ spool, cache, until, infos, root: host.store.replace(/\/nix\/store$/, "") }),
  );
  return file;
}

/** Ends an uploader with SIGKILL, some milliseconds after it began to work. */
async function killOne(file: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [KILLED, file], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  setTimeout(() => child.kill("SIGKILL"), afterMs);
  const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe("SIGKILL");
}

function runHook(path: string, spool: string): void {
  const deriver = infos.find((info) => info.path === path)?.deriver ?? "";
  execFileSync(HOOK_SCRIPT, [spool], { env: { DRV_PATH: `/nix/store/${deriver}`, OUT_PATHS: path } });
}

test(
  `killed at ${KILLS} moments, nothing is lost, and nothing is promised that is not there`,
  { timeout: 300_000 },
  async () => {
    const halves = ["first", "second"].map(async (name) => {
      const [spool, cache] = [join(directory, `spool-${name}`), join(directory, name)];
      mkdirSync(spool);
      mkdirSync(cache);
      const file = settings(spool, cache, "stopped");
      for (let kill = 0; kill < KILLS / 2; kill++) {
        for (const path of built.slice(2 * kill, 2 * kill + 2)) runHook(path, spool);
        await killOne(file, Math.random() * 40);
        expect(brokenPromises(cache)).toEqual([]);
      }
      execFileSync(process.execPath, [KILLED, settings(spool, cache, "empty")]);
      expect(readdirSync(spool)).toEqual([".uploader.json"]);
      expect(readdirSync(cache)).toEqual(expect.arrayContaining(built.map(narInfoKey)));
      const verified = await verifyCache({ cache: openFileCache(cache), locked: [] });
      expect(verified).toMatchObject({ sound: infos.length, problems: [] });
    });
    await Promise.all(halves);
    expect(infos.map(({ path }) => basename(path)).filter((name) => name.includes("-file-"))).toHaveLength(
      CHAINS * LENGTH,
    );
  },
);
