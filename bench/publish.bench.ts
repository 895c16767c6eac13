import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lock } from "../src/lock/schema.js";
import { CLI } from "../test/cli/run-cli.js";
import { runProcess } from "../test/nix/process.js";
import { type TemporaryNix, temporaryNix } from "../test/store/temporary-nix.js";
import { compare, report } from "./measure.js";
import { type Server, startSimulator } from "./servers.js";

const TOKEN = "glpat-bench000000000000000";
const SMALL = 500;
const MANY = 1000;
/** So many of a dull loop are run, and counted for all. */
const LOOPED = 40;
const GIB = 2 ** 30;
const many = Array.from({ length: MANY }, (_, index) => `tool-${index}`);
const names = many.slice(0, SMALL);

let directory: string;
let gitlab: Server;
let nix: TemporaryNix;

/** The server runs in a process of its own. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bench-publish-"));
  nix = await temporaryNix();
  const small = Object.fromEntries(many.map((name, seed) => [name, { size: 20_000, seed }]));
  const files = { ...small, big: { size: GIB, seed: 1 } };
  const jobs = [{ id: 1, name: "build", artifacts: { files } }];
  const state = {
    tokens: [{ token: TOKEN, kind: "personal", scopes: ["read_api"] }],
    // Public, since nix-prefetch-url cannot send the header that a private one wants.
    projects: [{ id: 1, path: "g/p", visibility: "public", pipelines: [{ id: 1, ref: "main", jobs }] }],
  };
  gitlab = await startSimulator(directory, state);
  mkdirSync(join(directory, "manifests"));
  writeFileSync(
    join(directory, "manifests", "all.ts"),
    `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(${JSON.stringify([...many, "big"])}.map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: "g/p",
  ref: { branch: "main" }, job: "build", file: name, systems: "any",
})));
`,
  );
  const lock = [CLI, "lock", "--quiet"];
  const locked = await runProcess(process.execPath, lock, { cwd: directory, env: environment() });
  expect(locked).toMatchObject({ code: 0, stderr: "" });
});

afterAll(async () => {
  await gitlab.end();
  await nix.remove();
  rmSync(directory, { recursive: true });
});

function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: directory, GITLAB_TOKEN: TOKEN };
}

function nixEnvironment(): Record<string, string> {
  const of = (name: string) => nix.env[name] ?? "";
  return {
    ...environment(),
    NIX_REMOTE: of("NIX_REMOTE"),
    NIX_CONF_DIR: of("NIX_CONF_DIR"),
    NIX_CONFIG: of("NIX_CONFIG"),
  };
}

function artifacts(args: readonly string[], before: () => void) {
  return { command: process.execPath, args: [CLI, ...args], cwd: directory, env: nixEnvironment(), before };
}

function emptyStore(): void {
  execFileSync("nix-store", ["--gc", "--quiet"], { env: nix.env, stdio: "ignore" });
}

function urlOf(name: string): string {
  const lock = JSON.parse(readFileSync(join(directory, "artifacts.lock.json"), "utf8")) as Lock; // our own
  return lock.artifacts[name]?.systems["any"]?.url ?? "";
}

test("fetch of 500 small artifacts against nix-prefetch-url in a loop", async () => {
  // A tenth of the loop, counted ten times: it is as long as it is dull.
  const loop = names.slice(0, SMALL / 10).map((name) => `nix-prefetch-url --type sha256 '${urlOf(name)}'`);
  const theirs = {
    command: "sh",
    args: ["-c", `{ ${loop.join(" && ")}; } >/dev/null 2>&1`],
    env: nixEnvironment(),
    before: emptyStore,
  };
  const ours = artifacts(["fetch", ...names, "--quiet"], emptyStore);
  const { theirs: tenth, ratio, ...rest } = await compare(ours, theirs, 3);
  const whole = { ...rest, theirs: tenth * 10, ratio: ratio / 10 };
  report(`fetch, ${SMALL} × 20 kB / nix-prefetch-url loop`, whole, "ratio ≤ 0.1, ≤ 250 MiB");
});

/** They have the file already; we get it over HTTP, and hash it once more than they do. */
test("fetch of 1 GiB against nix-store --add-fixed of a local copy", async () => {
  const copy = join(directory, "big");
  execFileSync("curl", ["--silent", "--fail", "--output", copy, urlOf("big")]);
  const args = ["--add-fixed", "sha256", copy];
  const theirs = { command: "nix-store", args, env: nixEnvironment(), before: emptyStore };
  const ours = artifacts(["fetch", "big", "--quiet"], emptyStore);
  report("fetch, 1 GiB / nix-store --add-fixed", await compare(ours, theirs, 3), "ratio ≤ 1.25, ≤ 250 MiB");
});

/** What Nix needs for the same: a download, a path in its store, and a copy of that. */
function theirSteps(published: readonly string[], cache: string) {
  const downloads = join(directory, "downloads");
  const config = join(directory, "curl.conf");
  const transfers = published.map((name) => `url = "${urlOf(name)}"\noutput = "${join(downloads, name)}"\n`);
  writeFileSync(config, transfers.join(""));
  return {
    fetch: `rm -rf ${downloads} && mkdir ${downloads} && curl --silent --show-error --fail --parallel --parallel-max 8 --config ${config}`,
    add: `nix-store --add-fixed sha256 ${downloads}/* >${directory}/paths`,
    copy: `nix --extra-experimental-features nix-command copy --to 'file://${cache}?compression=zstd'`,
  };
}

function shell(command: string, before: () => void) {
  return { command: "sh", args: ["-c", command], env: nixEnvironment(), before };
}

describe.each([
  ["1 GiB incompressible", ["big"], "ratio ≤ 1.25, ≤ 250 MiB"],
  [`${MANY} × 20 kB`, many, "-"],
])("publish of %s", (what, published, aim) => {
  let cache: string;
  const removeCache = () => rmSync(cache, { recursive: true, force: true });
  const fresh = () => {
    removeCache();
    emptyStore();
  };
  beforeAll(() => {
    cache = join(directory, "cache");
  });

  test("against download, nix-store --add-fixed and one nix copy", async () => {
    const { fetch, add, copy } = theirSteps(published, cache);
    const theirs = shell(`${fetch} && ${add} && ${copy} $(cat ${directory}/paths)`, fresh);
    const ours = artifacts(["publish", "--to", cache, "--quiet", ...published], fresh);
    report(`publish, ${what} / curl, add, copy`, await compare(ours, theirs, 3), aim);
  });

  /** They have it in the store already, and do not wait for the disk. */
  test("against one nix copy alone", async () => {
    const { fetch, add, copy } = theirSteps(published, cache);
    emptyStore();
    execFileSync("sh", ["-c", `${fetch} && ${add}`], { env: nixEnvironment(), stdio: "ignore" });
    const theirs = shell(`${copy} $(cat ${directory}/paths)`, removeCache);
    const ours = artifacts(["publish", "--to", cache, "--quiet", ...published], removeCache);
    report(`publish, ${what} / nix copy alone`, await compare(ours, theirs, 3), aim);
  });
});

/** As the job of each product does it. */
test(`publish of ${MANY} small artifacts against a nix copy for each`, async () => {
  const cache = join(directory, "cache");
  const removeCache = () => rmSync(cache, { recursive: true, force: true });
  const { fetch, add, copy } = theirSteps(many.slice(0, LOOPED), cache);
  emptyStore();
  execFileSync("sh", ["-c", `${fetch} && ${add}`], { env: nixEnvironment(), stdio: "ignore" });
  const theirs = shell(`for path in $(cat ${directory}/paths); do ${copy} $path || exit; done`, removeCache);
  const ours = artifacts(["publish", "--to", cache, "--quiet", ...many], removeCache);
  const { theirs: some, ratio, ...rest } = await compare(ours, theirs, 3);
  const whole = { ...rest, theirs: (some * MANY) / LOOPED, ratio: (ratio * LOOPED) / MANY };
  report(`publish, ${MANY} × 20 kB / nix copy for each`, whole, "ratio ≤ 0.2, ≤ 250 MiB");
});
