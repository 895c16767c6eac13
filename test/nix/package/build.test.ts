/** The command line, built by Nix in the sandbox from this source and the tarballs of its npm packages. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNixHost, type NixHost } from "../host.js";
import { build, built, copySource, evaluateOn, makeFolder } from "../workspace.js";
import { serveNpmTarballs, type NpmTarballs } from "./npm-tarballs.js";

let host: NixHost;
let npm: NpmTarballs;
let source: string;
beforeAll(async () => {
  host = await startNixHost({ conf: { "max-jobs": "4" } });
  npm = await serveNpmTarballs();
  source = await copySource(host);
});
afterAll(async () => {
  npm.close();
  await host.stop();
});

function packageFrom(registry: string | null): string {
  const argument = registry === null ? "{ }" : `{ registry = "${registry}"; }`;
  return `((import ${source}/nix/stand-in { }).callPackage ${source}/nix/package ${argument})`;
}

test("without a registry it says what to do, and is the same package", async () => {
  const { code, stderr } = await build(host, packageFrom(null));
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/The npm package .*\.tgz is not in the Nix store/);
  expect(stderr).toContain("nix-artifacts.override { registry =");
  expect(await evaluateOn(host, `${packageFrom(null)}.outPath`)).toBe(
    await evaluateOn(host, `${packageFrom("https://registry.example.com")}.outPath`),
  );
});

/** The folder that the modules make of a policy, a Nix expression. */
function policyFolder(policy: string): string {
  return `(let pkgs = import ${source}/nix/stand-in { }; in import ${source}/nix/modules/proxy-policy.nix {
    inherit pkgs; inherit (pkgs) lib; cfg = { package = ${packageFrom(npm.url)}; policy = ${policy}; }; })`;
}

test("is built from locked npm packages, and runs", { timeout: 240_000 }, async () => {
  const path = await built(host, packageFrom(npm.url));
  const { version } = (await evaluateOn(host, `{ inherit (${packageFrom(null)}) version; }`)) as {
    version: string; // the expression is a set of one string
  };
  expect(await host.output(`${path}/bin/artifacts`, ["--version"])).toBe(version);
  const { stderr } = await host.run(`${path}/bin/artifacts`, ["lock", "--check"]);
  expect(stderr).toContain("artifacts.config.ts");

  const repository = await makeFolder(host, "repository");
  await writeFile(join(repository, "artifacts.config.ts"), "export default {};\n");
  await writeFile(join(repository, "artifacts.lock.json"), `{ "version": 1, "artifacts": {} }\n`);
  const withoutTools = { cwd: repository, env: { PATH: "/nonexistent" } };
  const xz = await host.output(
    `${path}/bin/artifacts`,
    ["exec", "--quiet", "--", "xz", "--version"],
    withoutTools,
  );
  expect(xz).toContain("liblzma");
});

test("reads the policy of a service while that is built", { timeout: 240_000 }, async () => {
  const name = String.raw`it's $config \"100%\"`;
  const folder = await built(host, policyFolder(`[ { name = "${name}"; effect = "allow"; } ]`));
  expect(await host.output("cat", [`${folder}/artifacts.config.ts`])).toContain(
    `    {"effect":"allow","name":"${name}"},\n  ],\n});`,
  );
  const { code, stderr } = await build(host, policyFolder('[ { name = "all"; effect = "alow"; } ]'));
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/artifacts\.config\.ts:5:\d+[^]*"alow"/);
});
