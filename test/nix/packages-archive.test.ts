import { execFileSync } from "node:child_process";
import { mkdir, readFile, readdir, readlink, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Install } from "../../src/artifact.js";
import { startNixHost, type NixHost } from "./host.js";
import { outside, packageFrom, packageOf, PROGRAM } from "./packages.js";
import { build, built, evaluateOn, lockTree, makeFolder } from "./workspace.js";
import { zipOf } from "./zip.js";
import { makeArtifact } from "../make/lock.js";

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

async function tarOf(compression: string): Promise<Buffer> {
  const folder = await makeFolder(host, "tar");
  for (const { path, data, mode } of TREE) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), data, { mode: mode ?? 0o644 });
  }
  return execFileSync("tar", ["-C", folder, compression, "-c", "acme-1.2.3"]);
}

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
      makeArtifact({ fetch: "require", install: stripped, systems: { any: variant } }),
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
