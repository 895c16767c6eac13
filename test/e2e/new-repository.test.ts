/** From nothing to a package: init, a manifest, lock, and the CI job of docs/recipes.md, by a user whom the daemon does not trust. */
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { CLI, runCli } from "../cli/run-cli.js";
import { projectPath } from "../nix/evaluate.js";
import { startNixHost, type NixHost } from "../nix/host.js";
import { blocks, only } from "../nix/page-blocks.js";
import { makeFolder } from "../nix/workspace.js";

const TOKEN = "glpat-initcanary00000000000";

let gitlab: EmbeddedGitLab;
let host: NixHost;
let folder: string;
beforeAll(async () => {
  [gitlab, host] = await Promise.all([startGitLab(), startNixHost()]);
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  const jobTokenAllowlist = ["platform/product"];
  gitlab.addProject({ path: "platform/acme-cli", visibility: "private", jobTokenAllowlist });
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

/** The flake takes the stand-in for nixpkgs, which is what a test without a network has. */
async function useStandIn(): Promise<void> {
  const standIn = await makeFolder(host, "stand-in");
  await cp(projectPath("nix/stand-in"), standIn, { recursive: true });
  const flake = join(folder, "flake.nix");
  const text = await readFile(flake, "utf8");
  await writeFile(flake, text.replace("github:NixOS/nixpkgs/nixos-unstable", `path:${standIn}`));
}

/** Runs the script of a job as a runner does, with the token of a job in another project. */
async function runJob({ script }: { script: readonly string[] }) {
  gitlab.addProject({ path: "platform/product", visibility: "private" });
  const jobs = [{ name: "build", status: "running" as const }];
  const [job] = gitlab.addPipeline("platform/product", { ref: "main", jobs }).jobs;
  const env = {
    GITLAB_CI: "true",
    CI_JOB_TOKEN: gitlab.issueJobToken(job?.id ?? 0),
    CI_SERVER_URL: gitlab.url,
  };
  const bin = await makeFolder(host, "bin");
  await symlink(CLI, join(bin, "artifacts"));
  const lines = [`PATH="${bin}:$PATH"`, ...script];
  return host.run("sh", ["-e", "-c", lines.join("\n")], { cwd: folder, env });
}

test("init, a manifest and lock are all that the job of a pipeline takes", async () => {
  await artifacts("init", "--gitlab", gitlab.url);
  await fillInManifest();
  expect(await artifacts("lock")).toContain("acme-cli");
  await useStandIn();

  const { build } = parse(await only("recipes.md", "A CI job", "yaml"));
  const { code, stderr } = await runJob(build);
  expect(code, stderr).toBe(0);
  expect(await host.output("result/bin/acme-cli", [], { cwd: folder })).toBe("from GitLab");

  const valueOf = (name: string) =>
    host.output("nix", ["eval", "--raw", `path:${folder}#${name}`, "--apply", "toString"]);
  const [fromSources = ""] = await blocks("recipes.md", "A machine that has nothing yet", "sh");
  const bytes = await host.output("sh", ["-e", "-c", fromSources], { cwd: folder });
  expect(await host.output(bytes, [])).toBe("from GitLab");
  expect(await valueOf("devShells.x86_64-linux.default.packages")).toBe(await valueOf("acme-cli.outPath"));
});
