/** `artifacts fetch` by an ordinary user of a daemon that has no network: paths, systems, roots, substituters, and builds from what it brought. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CLI, runCli } from "../cli/run-cli.js";
import { type NixHost, startNixHost } from "./host.js";
import { evaluateOn, makeFolder } from "./workspace.js";

const TOKEN = "glpat-fetchcommand00000000";
const FORMS = ["file", "executable", "unpacked"] as const;
/** The last is not this machine's. */
const SYSTEMS = ["x86_64-linux", "aarch64-linux", "aarch64-darwin"] as const;

let gitlab: EmbeddedGitLab;
let host: NixHost;
let repository: string;
let cache: string;
let system: string;
/** Requests of before. */
let asked: number;

beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  host = await startNixHost({ network: false });
  cache = await makeFolder(host, "cache");
  system = (await evaluateOn(host, "builtins.currentSystem")) as string; // the expression is a string
  gitlab.addProject({ path: "team/tool", visibility: "private" });
  const files = Object.fromEntries(
    SYSTEMS.flatMap((one) => [
      [`tool-${one}`, `#!/bin/sh\necho ${one}\n`],
      [`tool-${one}.tar`, tarball(one)],
    ]),
  );
  gitlab.addPipeline("team/tool", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  repository = await makeFolder(host, "repository");
  mkdirSync(join(repository, "manifests"));
  writeFileSync(
    join(repository, "manifests", "tools.ts"),
    `import { defineArtifacts } from "nix-artifacts";
const systems = Object.fromEntries(${JSON.stringify(SYSTEMS)}.map((system) => [system, { system }]));
export default defineArtifacts(${JSON.stringify(FORMS)}.map((form) => ({
  name: form, gitlab: "${gitlab.url}", project: "team/tool", ref: { branch: "main" }, job: "build",
  file: form === "unpacked" ? "tool-{system}.tar" : "tool-{system}", form, fetch: "require", systems,
})));
`,
  );
  expect(await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } })).toMatchObject({
    code: 0,
  });
});
afterAll(async () => {
  await gitlab.close();
  await host.stop();
});
beforeEach(async () => {
  await host.output("nix-store", ["--gc", "--quiet"], { user: "root" });
  asked = gitlab.requests.length;
});

function tarball(content: string): Buffer {
  const folder = join(host.home, content);
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "bin", "tool"), `#!/bin/sh\necho ${content}\n`, { mode: 0o755 });
  return execFileSync("tar", ["-C", folder, "-cf", "-", "bin"]);
}

function artifacts(...args: string[]) {
  return host.run(process.execPath, [CLI, ...args], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } });
}

/** What the overlay's derivation makes, by its own words. */
async function pathOf(form: string, forSystem = system): Promise<string> {
  const sources = `(import ${repository}/nix/artifacts/sources.nix { system = "${forSystem}"; })`;
  return (await evaluateOn(host, `${sources}.${form}.outPath`)) as string; // the expression is a string
}

function downloads(): number {
  return gitlab.requests.slice(asked).filter(({ path }) => path.includes("/artifacts/")).length;
}

interface Fetched {
  readonly paths: readonly { artifact: string; system: string; path: string; substituted: boolean }[];
}

async function fetched(...args: string[]): Promise<Fetched["paths"]> {
  const { code, stdout, stderr } = await artifacts("fetch", "--json", ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return (JSON.parse(stdout) as Fetched).paths; // its documented form
}

test.each(FORMS)(
  "brings the form %s under the path of the overlay's derivation, which is then built without any network",
  async (form) => {
    const build = ["unshare", "--net", "nix-build", "nix/artifacts/sources.nix", "-A", form, "--no-out-link"];
    const offline = () => host.run("env", build, { cwd: repository, user: "root" });
    expect((await offline()).code).not.toBe(0);

    const path = await pathOf(form);
    expect(await artifacts("fetch", form)).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
    expect(await offline()).toMatchObject({ code: 0, stdout: `${path}\n` });
    const program = form === "unpacked" ? `${path}/bin/tool` : path;
    const run = form === "file" ? host.output("sh", [program]) : host.output(program, []);
    expect(await run).toBe(system);
  },
);

describe("brings", () => {
  test("what is for this machine, and nothing twice", async () => {
    const paths = await fetched();
    expect(paths.map((one) => one.path)).toEqual(
      await Promise.all(FORMS.toSorted().map((form) => pathOf(form))),
    );
    expect(downloads()).toBe(FORMS.length);
    await fetched();
    expect(downloads()).toBe(FORMS.length);
  });

  test("what is for another system, for several, for all", async () => {
    const darwin = await fetched("file", "--system", "aarch64-darwin");
    expect(darwin.map(({ path }) => path)).toEqual([await pathOf("file", "aarch64-darwin")]);
    const two = await fetched("file", "--system", "aarch64-darwin", "--system", "aarch64-linux");
    expect(two.map((one) => one.system)).toEqual(["aarch64-darwin", "aarch64-linux"]);
    const all = await fetched("file", "--all-systems");
    expect(all.map((one) => one.system).toSorted()).toEqual(SYSTEMS.toSorted());
    expect(downloads()).toBe(SYSTEMS.length);
  });

  test("from a substituter first when told so, and the rest from GitLab", async () => {
    const published = await runCli(["publish", "file", "--to", cache], {
      cwd: repository,
      env: { GITLAB_TOKEN: TOKEN },
    });
    expect(published).toMatchObject({ code: 0 });
    asked = gitlab.requests.length;
    const consumer = await startNixHost({ conf: { substituters: `file://${cache}` } });
    try {
      const fetchThere = async (...options: string[]) => {
        const args = [CLI, "fetch", "file", "executable", "--json", ...options];
        const env = { GITLAB_TOKEN: TOKEN };
        const { code, stdout, stderr } = await consumer.run(process.execPath, args, { cwd: repository, env });
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        return (JSON.parse(stdout) as Fetched).paths.map((one) => `${one.artifact} ${one.substituted}`); // its documented form
      };
      expect(await fetchThere("--substitute")).toEqual(["executable false", "file true"]);
      expect(downloads()).toBe(1);
      await consumer.output("nix-store", ["--gc", "--quiet"], { user: "root" });
      expect(await fetchThere()).toEqual(["executable false", "file false"]);
      expect(downloads()).toBe(3);
    } finally {
      await consumer.stop();
    }
  });
});

test("what it brought can be queued, and is then in the cache of the machine", async () => {
  const paths = (await fetched()).map(({ path }) => path);
  const [spool, to] = [await makeFolder(host, "spool"), await makeFolder(host, "uploaded")];
  const asRoot = (...args: string[]) =>
    host.output(process.execPath, [CLI, ...args, "--spool", spool], { user: "root" });
  await asRoot("queue", "add", ...paths);
  expect(await asRoot("uploader", "--once", "--to", to)).toContain(
    ": 3 paths uploaded, 0 dropped, 0 entries left",
  );
  const verified = await runCli(["cache", "verify", "--store", to, "--json"], { cwd: host.home });
  expect(JSON.parse(verified.stdout)).toMatchObject({ sound: 3, orphans: [] });
  const there = await host.output("nix", ["path-info", "--store", `file://${to}`, ...paths]);
  expect(there.split("\n").toSorted()).toEqual(paths.toSorted());
});

test("roots keep what is locked, and go with it", async () => {
  const roots = join(repository, ".gcroots");
  const valid = async (path: string) => (await host.run("nix-store", ["--query", "--hash", path])).code === 0;
  await fetched("file", "executable", "--gc-root", ".gcroots");
  await fetched("unpacked");
  expect(readdirSync(roots).toSorted()).toEqual([`executable.${system}`, `file.${system}`]);
  const paths = await Promise.all(FORMS.map((form) => pathOf(form)));
  await host.output("nix-store", ["--gc", "--quiet"], { user: "root" });
  expect(await Promise.all(paths.map(valid))).toEqual([true, true, false]);

  const manifest = join(repository, "manifests", "tools.ts");
  const text = execFileSync("cat", [manifest], { encoding: "utf8" });
  writeFileSync(manifest, text.replace('["file",', "["));
  expect(await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } })).toMatchObject({
    code: 0,
  });
  await fetched("--gc-root", ".gcroots");
  expect(readdirSync(roots).toSorted()).toEqual([`executable.${system}`, `unpacked.${system}`]);
  await host.output("nix-store", ["--gc", "--quiet"], { user: "root" });
  expect(await Promise.all(paths.map(valid))).toEqual([false, true, true]);
});
