import { execFileSync } from "node:child_process";
import { mkdir, readFile, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Install } from "../../src/artifact.js";
import { lockOf, lockedArtifact, lockedVariant } from "../generate/locks.js";
import { startNixHost, type NixHost } from "./host.js";
import { appImageOf, outside, packageFrom, packageOf, PROGRAM } from "./packages.js";
import {
  build,
  built,
  evaluateOn,
  lockBytes,
  lockTree,
  makeFolder,
  packageSet,
  writeOverlay,
} from "./workspace.js";
import { zipOf } from "./zip.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

const TREE = [
  { path: "acme-1.2.3/bin/acme", data: PROGRAM, mode: 0o755 },
  { path: "acme-1.2.3/bin/acme server", data: PROGRAM },
  { path: "acme-1.2.3/share/doc/LICENSE", data: "#!/usr/bin/env perl\nfree\n" },
  { path: "acme-1.2.3/.hidden", data: "dot" },
];

function nixStrings(strings: readonly string[]): string {
  return `[ ${strings.map((string) => `"${string}"`).join(" ")} ]`;
}

async function tarOf(compression: string): Promise<Buffer> {
  const folder = await makeFolder(host, "tar");
  for (const { path, data, mode } of TREE) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), data, { mode: mode ?? 0o644 });
  }
  return execFileSync("tar", ["-C", folder, compression, "-c", "acme-1.2.3"]);
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
      "art.bin",
      "acme",
      "1.2.3",
      { description: "ACME command line", homepage: "https://gitlab.example.com/platform/acme-cli" },
      "build: [linux, amd64]",
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

describe("a package of kind archive", () => {
  const bin = ["bin/acme", "bin/acme server"];
  const stripped: Install = { kind: "archive", bin, stripComponents: 1 };

  test.each([
    ["acme.tar.gz", () => tarOf("--gzip")],
    ["acme.tar.xz", () => tarOf("--xz")],
    ["acme.tar.zst", () => tarOf("--zstd")],
    ["acme.tar", () => tarOf("--owner=0")],
    ["acme.ZIP", () => Promise.resolve(zipOf(TREE))],
    [null, () => Promise.resolve(zipOf(TREE))],
  ])("from %s holds the whole tree, byte for byte, and links to its programs", async (file, archive) => {
    const path = await built(host, await packageOf(host, await archive(), stripped, { file }));
    expect((await readdir(outside(host, path, "bin"))).sort()).toEqual(["acme", "acme server"]);
    expect(await readlink(outside(host, path, "bin/acme"))).toBe("../libexec/acme/bin/acme");
    expect(await host.output(`${path}/bin/acme server`, ["arguments"])).toBe("runs with arguments");
    expect(await readdir(outside(host, path, "libexec"))).toEqual(["acme"]);
    for (const { path: entry, data } of TREE) {
      const [, ...inner] = entry.split("/");
      expect(await readFile(outside(host, path, "libexec/acme", ...inner), "utf8")).toBe(data);
    }
  });

  test("from a source that is unpacked already is the same", async () => {
    const files = Object.fromEntries(TREE.map(({ path, data }) => [path, data]));
    const { file, variant } = await lockTree(host, files, { name: "acme" });
    await host.output("nix-store", ["--add-fixed", "--recursive", "sha256", file]);
    const acme = await packageFrom(
      host,
      lockedArtifact({ fetch: "require", install: stripped, systems: { any: variant } }),
    );
    const path = await built(host, acme);
    expect(await host.output(`${path}/bin/acme`, ["arguments"])).toBe("runs with arguments");
    expect(await readFile(outside(host, path, "libexec/acme/.hidden"), "utf8")).toBe("dot");
    expect(await built(host, `${acme}.src`)).toBe(variant.storePath);
  });

  test("keeps the leading folder unless told otherwise", async () => {
    const install: Install = { kind: "archive", bin: ["acme-1.2.3/bin/acme"] };
    const path = await built(host, await packageOf(host, zipOf(TREE), install, { file: "acme.zip" }));
    expect(await host.output(`${path}/bin/acme`, ["it"])).toBe("runs with it");
    expect(await readdir(outside(host, path, "libexec/acme"))).toEqual(["acme-1.2.3"]);
  });

  test("is not built when a program is missing, and says what there is", async () => {
    const install: Install = { kind: "archive", bin: ["bin/$(id)"], stripComponents: 1 };
    const acme = await packageOf(host, zipOf(TREE), install, { file: "acme.zip", name: "acme.zip" });
    const { code, stderr } = await build(host, acme);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      [
        'error: the archive of acme has no program "bin/$(id)" (stripComponents is 1). It has:',
        "  .hidden",
        "  bin/acme",
        "  bin/acme server",
        "  share/doc/LICENSE",
        "Correct `install` in the manifest of acme, then run: artifacts lock acme",
      ].join("\n"),
    );
  });

  test("names the program that is called like the artifact, and says that it holds binaries", async () => {
    const acme = await packageOf(host, "", { kind: "archive", bin: ["bin/acme-server", "bin/acme"] });
    expect(
      await evaluateOn(host, `with ${acme}.meta; [ mainProgram (map (s: s.shortName) sourceProvenance) ]`),
    ).toEqual(["acme", ["binaryNativeCode"]]);
  });
});

describe("what a program needs to run", () => {
  const PRINTS = '#!/bin/sh\nprintf "%s" "$ACME_HOME"\n';

  test("environment variables are set where the caller has not, whatever they hold", async () => {
    const value = 'it\'s "$(id)" `id` \\ %s $HOME';
    const install: Install = { kind: "binary", environment: { ACME_HOME: value } };
    const acme = `${await built(host, await packageOf(host, PRINTS, install))}/bin/acme`;
    expect(await host.output(acme, [])).toBe(value);
    expect(await host.output(acme, [], { env: { ACME_HOME: "mine" } })).toBe("mine");
  });

  test("declared libraries are found by patching on Linux, and nothing is patched elsewhere", async () => {
    const install: Install = { kind: "binary", libraries: ["openssl", "buildPackages.zstd"] };
    const artifact = lockedArtifact({ install, systems: { any: lockedVariant() } });
    const names = async (system: string) => {
      const acme = await packageFrom(host, artifact, system);
      return evaluateOn(host, `map (map (p: p.name)) (with ${acme}; [ nativeBuildInputs buildInputs ])`);
    };
    expect(await names("x86_64-linux")).toEqual([
      ["auto-patchelf-hook-of-the-machine"],
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
});

describe("a program for Apple silicon", () => {
  const MACHO = Buffer.concat([Buffer.from("cffaedfe", "hex"), Buffer.from(" of an Apple")]);

  /** The package as it is built on this machine for another. */
  async function packageFor(system: string, bytes: Buffer): Promise<string> {
    const { file, variant } = await lockBytes(host, bytes, { file: "acme.zip", name: "acme.zip" });
    await host.output("nix-store", ["--add-fixed", "sha256", file]);
    const install: Install = { kind: "archive", bin: ["acme"], environment: { ACME: "1" } };
    const artifact = lockedArtifact({ fetch: "require", install, systems: { any: variant } });
    const overlay = await writeOverlay(host, lockOf({ acme: artifact }));
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

describe("an archive with more than one program", () => {
  const files = {
    "bin/acme": "#!/bin/sh\necho acme\n",
    "bin/acme daemon": "#!/bin/sh\necho daemon\n",
    "man/acme.1": ".TH acme 1",
    "man/acme-conf.5.gz": "gz",
    "completions/bash": "complete",
    "completions/_acme": "#compdef acme",
    "completions/acme.fish": "complete -c acme",
  };
  const zip = () => zipOf(Object.entries(files).map(([path, data]) => ({ path, data })));
  const install: Install = {
    kind: "archive",
    bin: ["bin/*"],
    man: ["man/acme.1", "man/acme-conf.5.gz"],
    completions: { bash: "completions/bash", zsh: "completions/_acme", fish: "completions/acme.fish" },
  };

  test("links what a pattern means, and puts manual pages and completions where they are looked for", async () => {
    const path = await built(host, await packageOf(host, zip(), install, { file: "acme.zip" }));
    expect(await host.output(`${path}/bin/acme daemon`, [])).toBe("daemon");
    expect(
      (await readdir(outside(host, path), { recursive: true })).filter((it) => /share|bin\//.test(it)).sort(),
    ).toEqual([
      "bin/acme",
      "bin/acme daemon",
      "libexec/acme/bin/acme",
      "libexec/acme/bin/acme daemon",
      "share",
      "share/bash-completion",
      "share/bash-completion/completions",
      "share/bash-completion/completions/acme.bash",
      "share/fish",
      "share/fish/vendor_completions.d",
      "share/fish/vendor_completions.d/acme.fish",
      "share/man",
      "share/man/man1",
      "share/man/man1/acme.1",
      "share/man/man5",
      "share/man/man5/acme-conf.5.gz",
      "share/zsh",
      "share/zsh/site-functions",
      "share/zsh/site-functions/_acme",
    ]);
  });

  test.each<[string, Partial<typeof install>, string]>([
    ["pattern", { bin: ["sbin/*"] }, 'no program "sbin/*"'],
    ["manual page", { man: ["man/acme.8"] }, 'no manual page "man/acme.8"'],
    ["completion", { completions: { zsh: "zsh" } }, 'no completion "zsh"'],
  ])("is not built when a %s means nothing", async (_, change, message) => {
    const acme = await packageOf(host, zip(), { ...install, ...change } as Install, { file: "acme.zip" }); // one kind
    expect((await build(host, acme)).stderr).toContain(message);
  });
});

test("a Debian package is unpacked, its links into itself hold, and its scripts do not run", async () => {
  const tree = await makeFolder(host, "deb");
  const files = {
    "DEBIAN/control":
      "Package: acme\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.com>\nDescription: x\n",
    "DEBIAN/postinst": "#!/bin/sh\nexit 1\n",
    "opt/acme/acme": PROGRAM,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  await mkdir(join(tree, "usr/bin"), { recursive: true });
  await symlink("/opt/acme/acme", join(tree, "usr/bin/acme"));
  const deb = join(await makeFolder(host, "deb"), "acme.deb");
  execFileSync("chmod", ["755", tree]);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", tree, deb]);

  const install: Install = { kind: "deb", bin: ["usr/bin/acme"] };
  const path = await built(host, await packageOf(host, await readFile(deb), install, { file: "acme.deb" }));
  expect(await host.output(`${path}/bin/acme`, ["Debian"])).toBe("runs with Debian");
});

test("a store name as long as ours get makes a package, and a longer one is refused by Nix", async () => {
  const path = await built(host, await packageOf(host, "bytes", { kind: "none" }, { name: "x".repeat(200) }));
  expect(basename(path)).toHaveLength(32 + 1 + 200);
  const variant = lockedVariant({ name: "x".repeat(212) });
  const { stderr } = await build(
    host,
    await packageFrom(host, lockedArtifact({ systems: { any: variant } })),
  );
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

describe("what nixpkgs' users expect of a package", () => {
  test("its test runs the program, also when attributes are overridden", async () => {
    const acme = await packageOf(host, "#!/bin/sh\n[ $1 = --version ] && echo 1.2.3\n", { kind: "binary" });
    const tested = await built(host, `${acme}.tests.version`);
    expect(await readFile(outside(host, tested), "utf8")).toBe("1.2.3\n");
    const broken = `(${acme}.overrideAttrs { installPhase = "mkdir $out"; }).tests.version`;
    expect((await build(host, broken)).code).not.toBe(0);
    expect(await evaluateOn(host, `${acme}.updateScript`)).toEqual(["artifacts", "lock", "acme"]);
  });

  test("override changes what the package is made of", async () => {
    const acme = await packageOf(host, PROGRAM, { kind: "binary" });
    const changed = `(${acme}.override (old: { artifact = old.artifact // { fetch = "proxy"; }; proxy = "http://127.0.0.1:9"; }))`;
    expect(await evaluateOn(host, `[ ${changed}.src.url (${changed}.outPath == ${acme}.outPath) ]`)).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:9\/fod\//),
      true,
    ]);
  });

  test("a license is nixpkgs' own, and unfree is unfree", async () => {
    const licenseOf = async (license: string) =>
      evaluateOn(host, `${await packageFrom(host, lockedArtifact({ license }))}.meta.license`);
    expect(await licenseOf("MIT")).toEqual({ spdxId: "MIT" });
    expect(await licenseOf("unfree")).toEqual({ shortName: "unfree", free: false });
  });

  test("cross compilation takes the bytes for the host, and builds where it builds", async () => {
    const systems = {
      "x86_64-linux": lockedVariant({ version: "of the builder" }),
      "riscv64-linux": lockedVariant({ version: "of the host" }),
    };
    const overlay = await writeOverlay(
      host,
      lockOf({ acme: lockedArtifact({ fetch: "require", install: { kind: "binary" }, systems }) }),
    );
    const acme = `${await packageSet(host, [overlay], "x86_64-linux", "riscv64-linux")}.artifacts.acme`;
    expect(await evaluateOn(host, `with ${acme}; [ version src.system ]`)).toEqual([
      "of the host",
      "x86_64-linux",
    ]);
  });
});

describe("a system without a variant", () => {
  const systems = { "x86_64-linux": lockedVariant(), "aarch64-darwin": lockedVariant() };

  test("fails only when something is built, and names the systems there are", async () => {
    const acme = await packageFrom(host, lockedArtifact({ systems }), "riscv64-linux");
    expect(await evaluateOn(host, `[ ${acme}.name ${acme}.meta.platforms ]`)).toEqual([
      "acme",
      ["aarch64-darwin", "x86_64-linux"],
    ]);
    const { code, stderr } = await build(host, acme);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "artifact acme has no variant for riscv64-linux; it is locked for: aarch64-darwin x86_64-linux.",
    );
    expect(stderr).toContain("artifacts lock acme");
  });

  test("gets the variant for any system when there is one", async () => {
    const any = lockedVariant({ version: "for any" });
    const acme = await packageFrom(host, lockedArtifact({ systems: { ...systems, any } }), "riscv64-linux");
    expect(await evaluateOn(host, `[ ${acme}.version (${acme}.meta ? platforms) ]`)).toEqual([
      "for any",
      false,
    ]);
  });

  test("is not in the set of all sources, and says so when it is asked for", async () => {
    const lock = lockOf({ acme: lockedArtifact({ systems }) });
    const sources = `import ${await writeOverlay(host, lock)}/sources.nix`;
    expect(
      await evaluateOn(
        host,
        `map (system: builtins.attrNames (${sources} { inherit system; }).all) [ "riscv64-linux" "x86_64-linux" ]`,
      ),
    ).toEqual([[], ["acme"]]);
    const { stderr } = await build(host, `(${sources} { system = "riscv64-linux"; }).acme`);
    expect(stderr).toContain("artifact acme has no variant for riscv64-linux");
  });
});

test("the sources of one artifact are had without reading another's data", async () => {
  const lock = lockOf({
    acme: lockedArtifact({ systems: { any: lockedVariant() } }),
    other: lockedArtifact(),
  });
  const folder = await writeOverlay(host, lock);
  await rm(join(folder, "artifacts/other.json"));
  await rm(join(folder, "provenance"), { recursive: true });
  const path = ["--eval", "--strict", "-E", `(import ${folder}/sources.nix { }).acme.outPath`];
  expect(await host.output("nix-instantiate", path)).toContain(lockedVariant().storePath);
});

describe("overlays", () => {
  test("of several repositories share a namespace", async () => {
    const overlays = await Promise.all(
      ["one", "two"].map((name) => writeOverlay(host, lockOf({ [name]: lockedArtifact() }))),
    );
    const names = `builtins.attrNames ${await packageSet(host, overlays)}.artifacts`;
    expect(await evaluateOn(host, names)).toEqual(["all", "groups", "one", "two"]);
  });

  test("have sets of what there is for the system: all, and by group; those of several repositories meet", async () => {
    const artifact = (groups: string[], system = "x86_64-linux") =>
      lockedArtifact({ fetch: "require", groups, systems: { [system]: lockedVariant() } });
    const overlays = await Promise.all([
      writeOverlay(host, lockOf({ lint: artifact(["ci", "dev"]), mac: artifact(["dev"], "aarch64-darwin") })),
      writeOverlay(host, lockOf({ format: artifact(["dev"]), other: artifact(["extra"]) })),
    ]);
    for (const order of [overlays, overlays.toReversed()]) {
      const artifacts = `${await packageSet(host, order, "x86_64-linux")}.artifacts`;
      const names = "builtins.mapAttrs (_: builtins.attrNames)";
      expect(
        await evaluateOn(host, `${names} (${artifacts}.groups // { inherit (${artifacts}) all; })`),
      ).toEqual({
        all: ["format", "lint", "other"],
        ci: ["lint"],
        dev: ["format", "lint"],
        extra: ["other"],
      });
    }
  });

  test("see the changes of other overlays, whatever the order", async () => {
    const overlay = `(import ${await writeOverlay(host, lockOf({ acme: lockedArtifact({ install: { kind: "binary" } }) }))}/overlay.nix)`;
    const standIn = (await packageSet(host, [])).replace(/^\(import (\S+) .*$/, "$1");
    const theirs = "(final: prev: { mine = final.artifacts.acme.pname; })";
    for (const order of [
      [overlay, theirs],
      [theirs, overlay],
    ]) {
      const pkgs = `(import ${standIn} { overlays = [ ${order.join(" ")} ]; })`;
      expect(await evaluateOn(host, `${pkgs}.mine`)).toBe("acme");
    }
  });

  test("can add to the top level", async () => {
    const overlay = await writeOverlay(host, lockOf({ acme: lockedArtifact() }), { namespace: null });
    const pkgs = await packageSet(host, [overlay]);
    expect(await evaluateOn(host, `[ ${pkgs}.acme.version (${pkgs} ? artifacts) ]`)).toEqual([
      "1.2.3",
      false,
    ]);
  });

  test("read neither the index nor an artifact that is not used", async () => {
    const names = Array.from({ length: 10_000 }, (_, number) => `acme-${number}`);
    const artifact = lockedArtifact();
    const lock = lockOf(Object.fromEntries(names.map((name) => [name, artifact])));
    const overlay = await writeOverlay(host, lock, { withoutArtifacts: true });
    const pkgs = await packageSet(host, [overlay]);
    expect(await evaluateOn(host, `builtins.length (builtins.attrNames ${pkgs}.artifacts)`)).toBe(10_002);

    await rm(join(overlay, "index.nix"));
    expect(await evaluateOn(host, `${pkgs}.unzip.name`)).toBe("unzip-of-the-machine");
    expect(await evaluateOn(host, `${pkgs} ? artifacts`)).toBe(true);
  });
});
