import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Install } from "../../src/artifact.js";
import { startNixHost, type NixHost } from "./host.js";
import { appImageOf, outside, packageFrom, packageOf, PROGRAM } from "./packages.js";
import { build, built, evaluateOn, lockBytes, makeFolder, packageSet, writeOverlay } from "./workspace.js";
import { zipOf } from "./zip.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

function nixStrings(strings: readonly string[]): string {
  return `[ ${strings.map((string) => `"${string}"`).join(" ")} ]`;
}

describe("a package of kind none", () => {
  test("is the source itself, with version, meta and provenance", async () => {
    const acme = await packageOf(host, "anything", { kind: "none" });
    const path = await built(host, acme);
    expect(await readFile(outside(host, path), "utf8")).toBe("anything");
    expect(
      await evaluateOn(
        host,
        `with ${acme}; [ outPath src.outPath name pname version meta provenance.jobName ]`,
      ),
    ).toEqual([
      path,
      path,
      "acme-linux",
      "acme",
      "1.2.3",
      { description: "ACME command line", homepage: "https://gitlab.example.com/platform/acme" },
      "build",
    ]);
  });
});

describe("a package of kind binary", () => {
  test.each(["file", "executable"] as const)("runs, from form %s", async (form) => {
    const path = await built(host, await packageOf(host, PROGRAM, { kind: "binary" }, { form }));
    expect(await host.output(`${path}/bin/acme`, [form])).toBe(`runs with ${form}`);
    expect(await readFile(outside(host, path, "bin/acme"), "utf8")).toBe(PROGRAM);
  });

  test("tells stdenv to strip, patch and rewrite nothing, but to run its fixup hooks", async () => {
    const acme = await packageOf(host, PROGRAM, { kind: "binary" });
    const attributes = [
      "dontStrip",
      "dontPatchELF",
      "dontPatchShebangs",
      "dontPruneLibtoolFiles",
      "darwinDontCodeSign",
      "dontFixup",
    ];
    expect(await evaluateOn(host, `map (name: ${acme}.\${name} or false) ${nixStrings(attributes)}`)).toEqual(
      [true, true, true, true, true, false],
    );
  });

  test("has the name that is asked for", async () => {
    const acme = await packageOf(host, PROGRAM, { kind: "binary", name: "acmectl" });
    expect(await readdir(outside(host, await built(host, acme), "bin"))).toEqual(["acmectl"]);
    expect(await evaluateOn(host, `${acme}.meta.mainProgram`)).toBe("acmectl");
  });

  test("can be changed with overrideAttrs", async () => {
    const acme = await packageOf(host, PROGRAM, { kind: "binary" });
    const changed = `(${acme}.overrideAttrs (old: { pname = old.pname + "-changed"; postFixup = "touch $out/changed"; }))`;
    const path = await built(host, changed);
    expect(path).toMatch(/-acme-changed-1\.2\.3$/);
    expect((await readdir(outside(host, path))).sort()).toEqual(["bin", "changed"]);
  });
});

describe("the environment of a program", () => {
  const PRINTS = '#!/bin/sh\nprintf "%s" "$ACME_HOME"\n';

  test("is set where the caller has not, whatever they hold", async () => {
    const value = 'it\'s "$(id)" `id` \\ %s $HOME';
    const install: Install = { kind: "binary", environment: { ACME_HOME: value } };
    const acme = `${await built(host, await packageOf(host, PRINTS, install))}/bin/acme`;
    expect(await host.output(acme, [])).toBe(value);
    expect(await host.output(acme, [], { env: { ACME_HOME: "mine" } })).toBe("mine");
  });
});

describe("a program for Apple silicon", () => {
  const MACHO = Buffer.concat([Buffer.from("cffaedfe", "hex"), Buffer.from(" of an Apple")]);

  /** The package as it is built on this machine for another. */
  async function packageFor(system: string, bytes: Buffer): Promise<string> {
    const { file, variant } = await lockBytes(host, bytes, { file: "acme.zip", name: "acme.zip" });
    await host.output("nix-store", ["--add-fixed", "sha256", file]);
    const install: Install = { kind: "archive", bin: ["acme"], environment: { ACME: "1" } };
    const artifact = makeArtifact({ fetch: "require", install, systems: { any: variant } });
    const overlay = await writeOverlay(host, makeLock({ acme: artifact }));
    return `${await packageSet(host, [overlay], "x86_64-linux", system)}.artifacts.acme`;
  }

  test("gets a signature if it has none; what is signed, or no program, keeps its bytes", async () => {
    const signed = Buffer.concat([MACHO, Buffer.from(" inc.\nsigned\n")]);
    const files = { acme: MACHO, "lib/signed.dylib": signed, "a script": Buffer.from(PROGRAM) };
    const zip = zipOf(Object.entries(files).map(([path, data]) => ({ path, data })));
    const contentsOn = async (system: string) => {
      const path = outside(host, await built(host, await packageFor(system, zip)), "libexec/acme");
      return Promise.all(Object.keys(files).map((name) => readFile(join(path, name))));
    };
    const withSignature = Buffer.concat([MACHO, Buffer.from("\nsigned\n")]);
    expect(await contentsOn("aarch64-darwin")).toEqual([withSignature, signed, files["a script"]]);
    expect(await contentsOn("x86_64-darwin")).toEqual(Object.values(files));
  });
});

test("a store name as long as ours get makes a package, and a longer one is refused by Nix", async () => {
  const path = await built(host, await packageOf(host, "bytes", { kind: "none" }, { name: "x".repeat(200) }));
  expect(basename(path)).toHaveLength(32 + 1 + 200);
  const variant = makeVariant({ name: "x".repeat(212) });
  const { stderr } = await build(host, await packageFrom(host, makeArtifact({ systems: { any: variant } })));
  expect(stderr).toMatch(/x{200}.*(longer than|illegal|not valid|must be no longer)/);
});

describe("an AppImage", () => {
  async function appImage(): Promise<Buffer> {
    const tree = await makeFolder(host, "appimage");
    const appRun = '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/usr/bin/acme" "$@"\n';
    const files = { AppRun: appRun, "acme.desktop": "[Desktop Entry]\n", "usr/bin/acme": PROGRAM };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), text, { mode: 0o755 });
    }
    return appImageOf(host, tree);
  }
  const locked = { file: "Acme.AppImage", name: "Acme.AppImage" };

  test("is unpacked without running it, and its program is called like the artifact", async () => {
    const path = await built(host, await packageOf(host, await appImage(), { kind: "appimage" }, locked));
    expect(await readdir(outside(host, path, "bin"))).toEqual(["acme"]);
    expect(await host.output(`${path}/bin/acme`, ["its files"])).toBe("runs with its files");
    expect((await readdir(outside(host, path, "libexec/acme"))).sort()).toEqual([
      "AppRun",
      "acme.desktop",
      "usr",
    ]);
  });

  test("takes another name and an environment", async () => {
    const install: Install = { kind: "appimage", name: "acme-desktop", environment: { ACME: "1" } };
    const path = await built(host, await packageOf(host, await appImage(), install, locked));
    expect(await host.output(`${path}/bin/acme-desktop`, ["it"])).toBe("runs with it");
    expect(await evaluateOn(host, `${await packageOf(host, "", install, locked)}.meta.mainProgram`)).toBe(
      "acme-desktop",
    );
  });

  test.each([
    ["a script", () => Buffer.from(PROGRAM), "it does not begin as an ELF program does"],
    ["a program alone", () => readFile("/bin/true"), "no squashfs at byte"],
  ])("that is %s is refused", async (_, bytes, message) => {
    const acme = await packageOf(host, await bytes(), { kind: "appimage" }, locked);
    expect((await build(host, acme)).stderr).toContain(`is no AppImage of type 2: ${message}`);
  });
});
