import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import type { Lock } from "../src/lock/schema.js";
import { CLI } from "../test/cli/run-cli.js";
import { temporaryNix } from "../test/store/temporary-nix.js";
import { compare, type Measured, report, sample } from "./measure.js";
import { type Server, startSimulator } from "./servers.js";

const TOKEN = "glpat-bench000000000000000";
const NUMBERS = Array.from({ length: 1000 }, (_, index) => index + 1);
/** As many small downloads at a time as `lock` has from one host. */
const AT_A_TIME = "32";
/** How many are fetched one by one, of which the time for all is reckoned. */
const ONE_BY_ONE = 40;

let directory: string;
let lockfile: string;
let lock: Measured;
let gitlab: Server;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bench-projects-"));
  lockfile = join(directory, "artifacts.lock.json");
  gitlab = await startSimulator(directory, thousandProjects(), 20);
  writeManifest(directory, gitlab.url);
  lock = {
    command: process.execPath,
    args: [CLI, "lock", "--quiet"],
    cwd: directory,
    env: { GITLAB_TOKEN: TOKEN },
  };
  await sample(lock);
});

afterAll(async () => {
  await gitlab.end();
  rmSync(directory, { recursive: true });
});

/** How many requests that is, `test/resolve/ask-together.test.ts` asserts: one for fifty projects. */
test("lock of 1,000 unchanged artifacts in 1,000 projects at 20 ms latency", async () => {
  const unchanged = [await sample(lock), await sample(lock), await sample(lock)];
  const best = Math.min(...unchanged.map(({ seconds }) => seconds));
  const peak = Math.max(...unchanged.map(({ peakMiB }) => peakMiB));
  process.stdout.write(
    `lock, 1,000 projects: unchanged ${best.toFixed(2)} s, ${peak.toFixed(0)} MiB  aim: ≤ 2 s, ≤ 200 MiB\n`,
  );
});

/** The others are told the addresses; `lock` finds them. */
test("lock of 1,000 new artifacts at 20 ms latency against downloads of the same files", async () => {
  const urls = lockedUrls();
  const options = urls.map((url) => `url = "${url}"\noutput = "/dev/null"\n`);
  const config = join(directory, "curl.conf");
  writeFileSync(config, `header = "PRIVATE-TOKEN: ${TOKEN}"\n${options.join("")}`);
  const curl = {
    command: "curl",
    args: ["-sS", "--fail", "--parallel", "--parallel-max", AT_A_TIME, "--config", config],
  };
  const allNew = { ...lock, before: () => rmSync(lockfile) };
  const beside = await compare(allNew, curl, 3);
  report("lock, 1,000 new / curl --parallel", beside, "ratio ≤ 1, ≤ 200 MiB");
  const theirs = (await prefetch(urls.slice(0, ONE_BY_ONE))) * (urls.length / ONE_BY_ONE);
  const ratio = beside.ours / theirs;
  report(
    `lock, 1,000 new / nix-prefetch-url (${ONE_BY_ONE}, scaled)`,
    { ...beside, theirs, ratio },
    "ratio ≤ 0.05",
  );
});

function lockedUrls(): string[] {
  const { artifacts } = JSON.parse(readFileSync(lockfile, "utf8")) as Lock; // just written by `lock`
  return Object.values(artifacts).flatMap(({ systems }) => Object.values(systems).map(({ url }) => url));
}

/** Seconds for one file after the other, into a store of its own. */
async function prefetch(urls: readonly string[]): Promise<number> {
  const nix = await temporaryNix();
  const start = process.hrtime.bigint();
  for (const url of urls) await nix.run("nix-prefetch-url", `${url}?private_token=${TOKEN}`, "--name", "app");
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  await nix.remove();
  return seconds;
}

function thousandProjects(): object {
  const projects = NUMBERS.map((id) => ({
    id,
    path: `g/p${id}`,
    pipelines: [{ ref: "main", jobs: [{ name: "build", artifacts: { files: { app: String(id) } } }] }],
  }));
  return { tokens: [{ token: TOKEN, kind: "personal", scopes: ["read_api"] }], projects };
}

function writeManifest(directory: string, url: string): void {
  mkdirSync(join(directory, "manifests"));
  writeFileSync(
    join(directory, "manifests", "all.ts"),
    `import { defineArtifacts } from "nix-artifacts";
const NUMBERS = ${JSON.stringify(NUMBERS.map(String))};
export default defineArtifacts(NUMBERS.map((n) => ({
  name: "p" + n, gitlab: ${JSON.stringify(url)}, project: "g/p" + n,
  ref: { branch: "main" }, job: "build", file: "app", systems: "any" as const,
})));
`,
  );
}
