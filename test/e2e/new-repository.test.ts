/** From nothing to a package: init, a manifest, lock, and a build by a user whom the daemon does not trust. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Lock } from "../../src/lock/schema.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { runCli } from "../cli/run-cli.js";
import { projectPath } from "../nix/evaluate.js";
import { startNixHost, type NixHost } from "../nix/host.js";
import { makeFolder } from "../nix/workspace.js";

const TOKEN = "glpat-initcanary00000000000";

let gitlab: EmbeddedGitLab;
let host: NixHost;
let folder: string;
beforeAll(async () => {
  [gitlab, host] = await Promise.all([startGitLab(), startNixHost()]);
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme-cli", visibility: "private" });
  const files = { "dist/acme": { content: "#!/bin/sh\necho from GitLab\n", mode: 0o755 } };
  gitlab.addPipeline("platform/acme-cli", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  folder = await makeFolder(host, "toolchain");
});
afterAll(async () => {
  await gitlab.close();
  await host.stop();
});

/** As the person who has the token. */
async function artifacts(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, { cwd: folder, env: { GITLAB_TOKEN: TOKEN } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/** What a person types: the slashes away, and what their GitLab has. */
async function fillInManifest(): Promise<void> {
  const manifest = join(folder, "manifests/tools.ts");
  const example = (await readFile(manifest, "utf8")).replaceAll(/^ {2}\/\/ ?/gm, "  ");
  expect(example).toContain('name: "acme-cli"');
  const text = example
    .replace(/job: .*/, 'job: "build",')
    .replace(/file: .*/, 'file: "dist/acme", fetch: "require", form: "executable",')
    .replace(/systems: \{[^]*?\n {4}\},/, 'systems: "any",')
    .replace(/install: \{.*/, 'install: { kind: "binary" },');
  await writeFile(manifest, text);
}

async function lockedPath(): Promise<string> {
  const lock = JSON.parse(await readFile(join(folder, "artifacts.lock.json"), "utf8")) as Lock; // just written
  return lock.artifacts["acme-cli"]?.systems["any"]?.storePath ?? "";
}

test("init, a manifest and lock are all that a flake's build takes", async () => {
  await artifacts("init", "--gitlab", gitlab.url);
  await fillInManifest();
  expect(await artifacts("lock")).toContain("acme-cli");
  await artifacts("publish", "--to", `file://${folder}/cache`);
  await host.output("nix", ["copy", "--from", `file://${folder}/cache`, await lockedPath()]);

  await cp(projectPath("nix/stand-in"), join(folder, "stand-in"), { recursive: true });
  const options = ["--no-write-lock-file", "--override-input", "nixpkgs", `path:${folder}/stand-in`];
  await host.output("nix", ["build", "--no-link", `path:${folder}#acme-cli`, ...options]);
  const valueOf = (name: string) =>
    host.output("nix", ["eval", "--raw", `path:${folder}#${name}`, "--apply", "toString", ...options]);
  const path = await valueOf("acme-cli.outPath");
  expect(await valueOf("devShells.x86_64-linux.default.packages")).toBe(path);
  expect(await host.output(`${path}/bin/acme-cli`, [])).toBe("from GitLab");
});
