/**
 * The main job on real parts: the built command line, a GitLab over HTTP whose storage is another origin, a multi-user Nix
 * daemon with the sandbox on, and a user whom it does not trust. Along the way everything that is written, printed or run is
 * kept, and in the end it is searched for the token.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesWith } from "../../src/demo/leak-search.js";
import type { Lock } from "../../src/lock/schema.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { CLI, runCli } from "../cli/run-cli.js";
import { projectPath } from "../nix/evaluate.js";
import { startNixHost, type NixHost } from "../nix/host.js";
import { makeFolder } from "../nix/workspace.js";
import { watchProcesses, type ProcessWatch } from "./watch-processes.js";

const TOKEN = "glpat-canaryCANARYcanary0042";

let gitlab: EmbeddedGitLab;
let host: NixHost;
let repository: string;
let proxy: ChildProcess;
let watch: ProcessWatch;
/** Everything that a program printed. */
const printed: string[] = [];

beforeAll(async () => {
  watch = watchProcesses(TOKEN);
  host = await startNixHost();
  gitlab = await startGitLab({ knobs: { storage: "direct" } });
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  addProjects();
  repository = await makeFolder(host, "repository");
  writeRepository(await freePort());
});

afterAll(async () => {
  proxy.kill();
  watch.stop();
  await gitlab.close();
  await host.stop();
});

function addProjects(): void {
  const script = "#!/bin/sh\necho proxied works\n";
  gitlab.addProject({ path: "team/proxied", visibility: "private" });
  gitlab.addPipeline("team/proxied", {
    ref: "main",
    jobs: [
      {
        name: "build",
        artifacts: {
          files: {
            "out/tool": { content: script, mode: 0o755 },
            "out/built.tar.gz": tarball(),
            "out/substituted.tar.gz": tarball(),
          },
        },
      },
    ],
  });
  gitlab.addProject({
    path: "team/required",
    visibility: "private",
    tags: [
      {
        name: "v1.0.0",
        commit: "1111111111111111111111111111111111111111",
        committedAt: "2026-11-01T00:00:00Z",
      },
    ],
  });
  gitlab.addPipeline("team/required", {
    ref: "v1.0.0",
    tag: true,
    jobs: [{ name: "package", artifacts: { files: { "tool.tar.gz": tarball() } } }],
  });
}

function tarball(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "tarball-"));
  mkdirSync(join(folder, "tool-1.0.0", "bin"), { recursive: true });
  writeFileSync(join(folder, "tool-1.0.0", "bin", "tool"), "#!/bin/sh\necho required works\n", {
    mode: 0o755,
  });
  return execFileSync("tar", ["-C", folder, "-czf", "-", "tool-1.0.0"]);
}

function writeRepository(port: number): void {
  const files = {
    "artifacts.config.ts": `import { defineConfig } from "nix-artifacts";
export default defineConfig({ gitlab: "${gitlab.url}", proxy: "http://127.0.0.1:${port}" });
`,
    "manifests/tools.ts": `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts([
  { name: "proxied", project: "team/proxied", ref: { branch: "main" }, job: "build", file: "out/tool",
    systems: "any", form: "executable", fetch: "proxy", install: { kind: "binary" } },
  { name: "proxied-tree", project: "team/proxied", ref: { branch: "main" }, job: "build", file: "out/built.tar.gz",
    systems: "any", form: "unpacked", fetch: "proxy" },
  { name: "substituted-tree", project: "team/proxied", ref: { branch: "main" }, job: "build", file: "out/substituted.tar.gz",
    systems: "any", form: "unpacked", fetch: "require" },
  { name: "required", project: "team/required", ref: { tag: "v1.0.0" }, job: "package", file: "tool.tar.gz",
    systems: "any", fetch: "require", install: { kind: "archive", bin: ["bin/tool"], stripComponents: 1 } },
  { name: "tree", project: "team/required", ref: { semver: "^1.0", tagPrefix: "v" }, job: "package", file: "tool.tar.gz",
    systems: "any", form: "unpacked", fetch: "require" },
]);
`,
    "default.nix": `(import ./stand-in { overlays = [ (import ./nix/artifacts/overlay.nix) ]; }).artifacts\n`,
  };
  mkdirSync(join(repository, "manifests"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(repository, path), text);
  cpSync(projectPath("nix/stand-in"), join(repository, "stand-in"), { recursive: true });
}

async function freePort(): Promise<number> {
  const other = await startGitLab();
  await other.close();
  return Number(new URL(other.url).port);
}

/** Runs our command outside of the host, as the one who holds the token. */
async function artifacts(...args: string[]) {
  const result = await runCli(args, { cwd: repository, env: { GITLAB_TOKEN: TOKEN } });
  printed.push(result.stdout, result.stderr);
  return result;
}

/** Runs something on the host, as a user whom the daemon does not trust. */
async function onHost(command: string, ...args: string[]) {
  const result = await host.run(command, args, { cwd: repository });
  printed.push(result.stdout, result.stderr);
  return result;
}

function lockedPath(name: string): string {
  const lock = JSON.parse(readFileSync(join(repository, "artifacts.lock.json"), "utf8")) as Lock;
  return lock.artifacts[name]?.systems["any"]?.storePath ?? "";
}

test("lock writes a lock and an overlay that match the manifests", async () => {
  expect(await artifacts("lock")).toMatchObject({ code: 0, stderr: "" });
  expect(await artifacts("lock", "--check")).toMatchObject({ code: 0 });
  expect((await artifacts("lock")).stdout).toContain("nothing changed");
});

test("a proxy derivation is built in the sandbox and runs", async () => {
  proxy = spawn(process.execPath, [CLI, "proxy", "--cache", join(repository, ".proxy-cache")], {
    cwd: repository,
    env: { PATH: process.env["PATH"], GITLAB_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "pipe"],
  });
  proxy.stdout?.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  proxy.stderr?.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  await once(proxy.stdout ?? proxy, "data");

  const source = await onHost("nix-build", "-A", "proxied.src", "--no-out-link");
  const built = await onHost("nix-build", "-A", "proxied", "--no-out-link");

  expect(source.stdout).toBe(`${lockedPath("proxied")}\n`);
  expect(await onHost(`${built.stdout.trim()}/bin/proxied`)).toMatchObject({ stdout: "proxied works\n" });
});

test("a require derivation says what to do, and after that is built", async () => {
  const before = await onHost("nix-build", "-A", "required", "--no-out-link");
  expect(before.code).not.toBe(0);
  expect(before.stderr).toContain("artifacts fetch required");

  const tokenFile = join(host.home, "token");
  writeFileSync(tokenFile, `${TOKEN}\n`);
  chmodSync(tokenFile, 0o600);
  const { uid, gid } = await userOf();
  chownSync(tokenFile, uid, gid);
  const fetched = await onHost(process.execPath, CLI, "fetch", "required", "--token-file", tokenFile);
  expect(fetched).toMatchObject({ code: 0, stdout: `${lockedPath("required")}\n` });

  const built = await onHost("nix-build", "-A", "required", "--no-out-link");
  expect(await onHost(`${built.stdout.trim()}/bin/tool`)).toMatchObject({ stdout: "required works\n" });
});

async function userOf(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = (await host.output("sh", ["-c", "id -u; id -g"])).split("\n").map(Number);
  return { uid: uid ?? -1, gid: gid ?? -1 };
}

function proxyAddress(): string {
  return /http:\/\/[\d.:]+/.exec(printed.find((text) => text.includes("serving")) ?? "")?.[0] ?? "";
}

test("a tree comes out of the proxy as a derivation of its own, and as a substitute that nobody signed", async () => {
  const options = ["--no-out-link", "--option", "substituters", proxyAddress()];
  const trees = {
    "proxied-tree": await onHost("nix-build", "-A", "proxied-tree", "--no-out-link"),
    "substituted-tree": await host.run("nix-build", ["-A", "substituted-tree", ...options], {
      user: "root",
      cwd: repository,
    }),
  };
  for (const [name, { code, stdout, stderr }] of Object.entries(trees)) {
    expect({ name, code, stdout }, stderr).toEqual({ name, code: 0, stdout: `${lockedPath(name)}\n` });
    expect(await onHost(`${stdout.trim()}/tool-1.0.0/bin/tool`)).toMatchObject({
      stdout: "required works\n",
    });
  }
});

test("an untrusted user copies a tree out of the proxy, which is a binary cache", async () => {
  const path = lockedPath("tree");

  const copied = await onHost("nix", "copy", "--from", proxyAddress(), path);

  expect(copied).toMatchObject({ code: 0 });
  expect(await onHost("nix-build", "-A", "tree", "--no-out-link")).toMatchObject({ stdout: `${path}\n` });
  expect(await onHost(`${path}/tool-1.0.0/bin/tool`)).toMatchObject({ stdout: "required works\n" });
});

test("failures that echo what they were sent do not show the token either", async () => {
  for (const kind of ["echo-headers", "wrong-bytes", "sign-in"] as const) {
    gitlab.fault({ path: /\/api\/v4\/projects/, kind, times: 3 });
    await artifacts("lock", "--rehash", "--verbose");
    await artifacts("outdated", "--json");
  }
  await sleep(10);
});

test("the token is nowhere but where the user put it", async () => {
  const written = [repository, host.store].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const said = join(mkdtempSync(join(tmpdir(), "said-")), "all");
  writeFileSync(said, [...printed, await host.daemonLog()].join("\n"));

  expect(printed.join("").length).toBeGreaterThan(1000);
  expect(written.filter((path) => path.endsWith(".drv")).length).toBeGreaterThan(3);
  expect(await filesWith(TOKEN, [...written, said])).toEqual([]);
  expect(gitlab.leaks).toEqual([]);
  expect(watch.seen()).toEqual([]);
});
