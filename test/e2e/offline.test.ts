/** After `artifacts fetch`, builds need no network: neither the daemon nor the user's Nix has any here. */
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { CLI } from "../cli/run-cli.js";
import { projectPath } from "../nix/evaluate.js";
import { startNixHost, type NixHost } from "../nix/host.js";
import { makeFolder } from "../nix/workspace.js";

const TOKEN = "glpat-offline000000000000";

let gitlab: EmbeddedGitLab;
let host: NixHost;
let repository: string;

beforeAll(async () => {
  host = await startNixHost({ network: false });
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "team/tool", visibility: "private" });
  const files = { proxied: "#!/bin/sh\necho proxied\n", required: "#!/bin/sh\necho required\n" };
  gitlab.addPipeline("team/tool", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  repository = await makeFolder(host, "repository");
  const manifest = `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(
  [["proxied", "proxy"], ["required", "require"]].map(([name, fetch]) => ({
    name, gitlab: "${gitlab.url}", project: "team/tool", ref: { branch: "main" }, job: "build", file: name,
    systems: "any", form: "executable", fetch, install: { kind: "binary" },
  })),
);
`;
  const nix = `(import ./stand-in { overlays = [ (import ./nix/artifacts/overlay.nix) ]; }).artifacts\n`;
  mkdirSync(join(repository, "manifests"));
  writeFileSync(join(repository, "manifests", "tools.ts"), manifest);
  writeFileSync(join(repository, "default.nix"), nix);
  writeFileSync(join(repository, "token"), `${TOKEN}\n`);
  chmodSync(join(repository, "token"), 0o600);
  cpSync(projectPath("nix/stand-in"), join(repository, "stand-in"), { recursive: true });
  expect(await artifacts("lock")).toMatchObject({ code: 0, stderr: "" });
});

afterAll(async () => {
  await gitlab.close();
  await host.stop();
});

function artifacts(...args: string[]) {
  return host.run(process.execPath, [CLI, ...args, "--token-file", "token"], {
    cwd: repository,
    user: "root",
  });
}

function buildOffline(name: string) {
  return host.run("unshare", ["--net", "nix-build", "-A", name, "--no-out-link"], {
    cwd: repository,
    user: "root",
  });
}

test("without a fetch there is nothing to build from", async () => {
  expect((await buildOffline("proxied")).code).not.toBe(0);
  expect((await buildOffline("required")).code).not.toBe(0);
});

test("a bundle brings everything to a machine without any network, as a user whom its Nix does not trust", async () => {
  const written = await artifacts("fetch", "--offline-bundle", "bundle.tar", "--json");
  expect(written).toMatchObject({ code: 0, stderr: "" });
  const other = await startNixHost({ network: false });
  try {
    const there = join(other.home, "repository");
    cpSync(repository, there, { recursive: true });
    chmodSync(there, 0o777);
    const offline = (...command: string[]) =>
      other.run("unshare", ["--net", ...command], { cwd: there, user: "root" });
    expect((await offline("nix-build", "-A", "required", "--no-out-link")).code).not.toBe(0);
    const fetched = await other.run(process.execPath, [CLI, "fetch", "--from-bundle", "bundle.tar"], {
      cwd: there,
    });
    expect(fetched).toMatchObject({ code: 0, stderr: "" });
    for (const name of ["proxied", "required"]) {
      const { code, stdout, stderr } = await offline("nix-build", "-A", name, "--no-out-link");
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      expect(await other.output(`${stdout.trim()}/bin/${name}`, [])).toBe(name);
    }
  } finally {
    await other.stop();
  }
});

test("after a fetch everything is built and survives a garbage collection with its roots", async () => {
  const fetched = await artifacts("fetch", "--gc-root", ".gcroots", "--json");
  expect(fetched).toMatchObject({ code: 0, stderr: "" });
  expect(await host.run("nix-store", ["--gc", "--quiet"], { user: "root" })).toMatchObject({ code: 0 });

  for (const name of ["proxied", "required"]) {
    const { code, stdout, stderr } = await buildOffline(name);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(await host.output(`${stdout.trim()}/bin/${name}`, [])).toBe(name);
  }
});
