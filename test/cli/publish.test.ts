import { existsSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesWith } from "../../src/demo/leak-search.js";
import type { Lock } from "../../src/lock/schema.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { makeRepository, readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-publishcanary000000";
const TOOLS = Array.from({ length: 40 }, (_, index) => `tool-${index}`);

let gitlab: EmbeddedGitLab;
let cwd: string;
let lock: Lock;

beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  const files = Object.fromEntries([...TOOLS, "acme"].map((name) => [name, `${name} 1\n`]));
  gitlab.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  gitlab.addProject({ path: "platform/open", visibility: "public" });
  const open = [{ name: "build", artifacts: { files: { open: "open 1\n" } } }];
  gitlab.addPipeline("platform/open", { ref: "main", jobs: open });
  const tools = `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(${JSON.stringify([...TOOLS, "open"])}.map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: name === "open" ? "platform/open" : "platform/acme",
  ref: { branch: "main" }, job: "build", file: name, systems: "any",
})));
`;
  cwd = makeRepository({ gitlab: gitlab.url }, { "manifests/tools.ts": tools });
  expect(await artifacts("lock")).toMatchObject({ code: 0 });
  lock = JSON.parse(readFiles(cwd)["artifacts.lock.json"] ?? "") as Lock; // written by the command above
});
afterAll(() => gitlab.close());

function artifacts(...args: string[]) {
  return runCli(args, { cwd, env: { GITLAB_TOKEN: TOKEN } });
}

function keys(cache: string): string[] {
  return readdirSync(join(cwd, cache))
    .filter((name) => name.endsWith(".narinfo"))
    .sort();
}

test("publish writes what is named, then the rest, and says what it did", async () => {
  const first = await artifacts("publish", "acme", "--to", "./cache", "--json");
  const path = lock.artifacts["acme"]?.systems["any"]?.storePath ?? "";
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(first.stdout)).toEqual({
    cache: `file://${cwd}/cache`,
    paths: [{ artifact: "acme", system: "any", path, published: true }],
  });
  expect(keys("cache")).toEqual([narInfoKey(path)]);

  const second = await artifacts("publish", "--to", "./cache");
  expect(second.stdout).toBe(`file://${cwd}/cache: 41 published, 1 already there\n`);
  expect(keys("cache")).toHaveLength(42);
  const all = Object.keys(readFiles(join(cwd, "cache"))).map((name) => join(cwd, "cache", name));
  expect(await filesWith(TOKEN, all)).toEqual([]);
});

test("the xz of the PATH compresses, and sees no other variable", async () => {
  const bin = mkdtempSync(join(tmpdir(), "bin-"));
  const seen = join(bin, "seen");
  writeFileSync(join(bin, "xz"), `#!/bin/sh\ncat /proc/$$/environ > ${seen}\nexec /usr/bin/xz "$@"\n`, {
    mode: 0o755,
  });
  const env = { GITLAB_TOKEN: TOKEN, AWS_SECRET_ACCESS_KEY: TOKEN, PATH: `${bin}:${process.env["PATH"]}` };
  const done = await runCli(["publish", "acme", "--to", "./xz", "--compression", "xz"], { cwd, env });
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(seen, "utf8")).toBe(`PATH=${env.PATH}\0`);
});

test("cache verify passes what was published, and fails when an archive was cut short", async () => {
  await artifacts("publish", "acme", "tool-1", "--to", "./verified");
  const incomplete = await artifacts("cache", "verify", "--store", "./verified");
  expect(incomplete.code).toBe(1);
  expect(incomplete.stderr).toContain("tool-2 (any): is not in the cache");

  await artifacts("publish", "--to", "./verified");
  const sound = await artifacts("cache", "verify", "--store", "./verified", "--lock", "artifacts.lock.json");
  expect(sound).toEqual({
    code: 0,
    signal: null,
    stdout: `file://${cwd}/verified: 42 paths are sound\n`,
    stderr: "",
  });

  const [archive = ""] = readdirSync(join(cwd, "verified", "nar"));
  truncateSync(join(cwd, "verified", "nar", archive), 9);
  const damaged = await artifacts("cache", "verify", "--store", "./verified", "--json");
  expect(damaged.code).toBe(1);
  expect(JSON.parse(damaged.stdout)).toMatchObject({ sound: 41, errors: [{ code: "CACHE_TRUNCATED" }] });
});

test("what fewer people may read than the cache is refused, named, and published when told so", async () => {
  const cache = ["--to", "./public", "--audience", "public"];
  const { code, stderr } = await artifacts("publish", "acme", "open", ...cache);
  expect(code).toBe(1);
  expect(stderr).toContain("acme: in GitLab the members of its project may read it (platform/acme)");
  expect(stderr).toContain("in this cache everybody could");
  expect(stderr).not.toContain("open:");
  const open = narInfoKey(lock.artifacts["open"]?.systems["any"]?.storePath ?? "");
  expect(keys("public")).toEqual([open]);

  expect(await artifacts("publish", "acme", ...cache, "--expose-private")).toMatchObject({ code: 0 });
  expect(keys("public")).toHaveLength(2);
});

test("killed at any moment, nothing is promised that is not there, and the next run finishes the work", async () => {
  for (let round = 0; round < 4; round++) {
    const cache = `killed-${round}`;
    await runCli(["publish", "--to", `./${cache}`], {
      cwd,
      env: { GITLAB_TOKEN: TOKEN },
      onStart: (child) => setTimeout(() => child.kill("SIGKILL"), 400 + 180 * round),
    }).catch(() => undefined);
    const files = existsSync(join(cwd, cache)) ? readFiles(join(cwd, cache)) : {};
    for (const [name, text] of Object.entries(files)) {
      if (name.endsWith(".narinfo")) expect(files).toHaveProperty([/^URL: (.*)$/m.exec(text)?.[1] ?? ""]);
    }
    expect(await artifacts("publish", "--to", `./${cache}`)).toMatchObject({ code: 0 });
    expect(keys(cache)).toHaveLength(42);
  }
});

test.each([
  [["publish"], /write to which cache\?/],
  [["cache", "verify"], /verify which cache\?/],
  [["cache", "verfy"], /unknown command 'verfy'[^]*verify/],
  [["publish", "--to", "./c", "--audience", "all"], /no audience "all"[^]*private, internal, public/],
  [["publish", "--to", "cache"], /of no known kind/],
  [["publish", "--to", "./c", "--compression", "gzip"], /no compression "gzip"[^]*zstd, xz, none/],
  [["publish", "--to", "./c", "tol-1"], /no artifact "tol-1"[^]*tool-1/],
])("wrong usage %j ends with exit code 2 and says what is right", async (args, message) => {
  const { code, stderr } = await artifacts(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test.each([["publish", "--to", "./c"], ["fetch"]])(
  "in a directory where nothing is locked, %s fails",
  async (...args) => {
    const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
    const { code, stdout, stderr } = await runCli(args, { cwd: elsewhere });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`there is no lockfile ${join(elsewhere, "artifacts.lock.json")}`);
    expect(stderr).toContain("artifacts lock");
  },
);

test("a signing key that is none is not shown", async () => {
  const { code, stderr } = await artifacts("publish", "--to", "./c", "--signing-key", "artifacts.lock.json");
  expect(code).toBe(1);
  expect(stderr).toMatch(/artifacts\.lock\.json is not a secret signing key of Nix/);
});
