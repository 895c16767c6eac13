/** Programs that are linked with libraries: real ones of this machine, patched by its patchelf in a real sandbox. */
import { execFileSync } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Install } from "../../src/artifact.js";
import { startNixHost, type NixHost } from "./host.js";
import { outside, packageFrom, packageOf, PROGRAM } from "./packages.js";
import { build, built, evaluateOn, makeFolder } from "./workspace.js";
import { zipOf } from "./zip.js";
import { makeArtifact, makeVariant } from "../make/lock.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

/** A program that is linked with libssl, as it comes from a machine whose loader is elsewhere. */
async function foreignProgram(): Promise<Buffer> {
  const file = join(await makeFolder(host, "foreign"), "openssl");
  await copyFile("/usr/bin/openssl", file);
  execFileSync("patchelf", ["--set-interpreter", "/foreign/loader", file]);
  return readFile(file);
}

describe("a program that is linked with libraries", () => {
  const file = "acme.zip";

  test("is patched to find the loader and those that the manifest names, and what is static keeps its bytes", async () => {
    const fixed = await readFile("/usr/sbin/ldconfig");
    const zip = zipOf([
      { path: "acme", data: await foreignProgram() },
      { path: "static", data: fixed },
      { path: "script", data: PROGRAM },
    ]);
    const install: Install = { kind: "archive", bin: ["acme", "static"], libraries: ["openssl"] };
    const acme = await packageOf(host, zip, install, { file, name: file });
    const path = await built(host, acme);
    const openssl = await built(host, `(builtins.head ${acme}.buildInputs)`);

    expect(await host.output(`${path}/bin/acme`, ["version"])).toMatch(/^OpenSSL /);
    const loaded = await host.output(`${path}/bin/acme`, [], { env: { LD_TRACE_LOADED_OBJECTS: "1" } });
    expect(loaded).toContain(`libssl.so.3 => ${openssl}/lib/libssl.so.3`);
    expect(await host.output("nix-store", ["--query", "--references", path])).toContain(openssl);
    expect(fixed.equals(await readFile(outside(host, path, "libexec/acme/static")))).toBe(true);
    expect(await readFile(outside(host, path, "libexec/acme/script"), "utf8")).toBe(PROGRAM);
  });

  test("gets the loader alone when none is named", async () => {
    const acme = await packageOf(host, await foreignProgram(), { kind: "binary", libraries: [] });
    const path = await built(host, acme);
    expect(await host.output(`${path}/bin/acme`, ["version"])).toMatch(/^OpenSSL /);
    expect(
      execFileSync("patchelf", ["--print-rpath", outside(host, path, "bin/acme")], { encoding: "utf8" }),
    ).toBe("\n");
  });

  test("stays as it is when the manifest says nothing of libraries", async () => {
    const program = await foreignProgram();
    const path = await built(host, await packageOf(host, program, { kind: "binary" }));
    expect(program.equals(await readFile(outside(host, path, "bin/acme")))).toBe(true);
    expect((await host.run(`${path}/bin/acme`, ["version"])).code).not.toBe(0);
  });
});

test("programs are patched for Linux only", async () => {
  const install: Install = { kind: "binary", libraries: ["openssl", "buildPackages.zstd"] };
  const artifact = makeArtifact({ install, systems: { any: makeVariant() } });
  const names = async (system: string) => {
    const acme = await packageFrom(host, artifact, system);
    return evaluateOn(host, `map (map (p: p.name)) (with ${acme}; [ nativeBuildInputs buildInputs ])`);
  };
  expect(await names("x86_64-linux")).toEqual([
    ["auto-patchelf-hook"],
    ["openssl-of-the-machine", "zstd-of-the-machine"],
  ]);
  expect(await names("x86_64-darwin")).toEqual([[], []]);
});

test("a library that nixpkgs does not have is named with the manifest to correct", async () => {
  const acme = await packageOf(host, PROGRAM, { kind: "binary", libraries: ["xorg.libY12"] });
  const { stderr } = await build(host, acme);
  expect(stderr).toContain(
    'nixpkgs has no package "xorg.libY12", which `libraries` in the manifest of acme names.',
  );
  expect(stderr).toContain("artifacts lock acme");
});
