import type { Install } from "../../src/artifact.js";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startNixHost, type NixHost } from "./host.js";
import { outside, packageFrom, packageOf, PROGRAM } from "./packages.js";
import { build, built, evaluateOn, packageSet, writeOverlay } from "./workspace.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

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

  test("a license is nixpkgs' own", async () => {
    const acme = await packageFrom(host, makeArtifact({ license: "MIT" }));
    expect(await evaluateOn(host, `${acme}.meta.license`)).toEqual({ spdxId: "MIT" });
  });

  test.each<Install>([{ kind: "binary" }, { kind: "none" }])(
    "what is unfree is refused until it is allowed: %o",
    async (install) => {
      const unfree = makeArtifact({ license: "unfree", fetch: "require", install });
      const overlay = await writeOverlay(host, makeLock({ acme: unfree }));
      const pkgs = await packageSet(host, [overlay]);
      const refused = `${pkgs}.artifacts.acme`;
      expect(await evaluateOn(host, `${refused}.meta.license`)).toEqual({ shortName: "unfree", free: false });
      for (const part of ["outPath", "out.outPath", "drvPath"]) {
        expect((await build(host, `"\${${refused}.${part}}"`)).stderr).toContain("unfree license");
      }
      const allowed = refused.replace("{", "{ config.allowUnfree = true;");
      expect(await evaluateOn(host, `${allowed}.outPath == ${allowed}.out.outPath`)).toBe(true);
    },
  );

  test("cross compilation has sets of what there is for the host, under the names of its variants", async () => {
    const systemsOf = {
      builder: ["x86_64-linux"],
      host: ["riscv64-linux"],
      both: ["x86_64-linux", "riscv64-linux"],
      any: ["any"],
    };
    const artifacts = Object.entries(systemsOf).map(([name, names]) => {
      const systems = names.map((system) => [system, makeVariant({ version: `for-${system}` })] as const);
      const install: Install = { kind: "binary" };
      return [
        name,
        makeArtifact({ install, groups: ["tools"], systems: Object.fromEntries(systems) }),
      ] as const;
    });
    const overlay = await writeOverlay(host, makeLock(Object.fromEntries(artifacts)));
    const pkgs = await packageSet(host, [overlay], "x86_64-linux", "riscv64-linux");
    const names = "builtins.mapAttrs (_: package: package.name)";
    const forTheHost = { any: "any-for-any", both: "both-for-riscv64-linux", host: "host-for-riscv64-linux" };
    expect(await evaluateOn(host, `map (${names}) (with ${pkgs}.artifacts; [ all groups.tools ])`)).toEqual([
      forTheHost,
      forTheHost,
    ]);
  });

  test("cross compilation takes the bytes for the host, and builds where it builds", async () => {
    const systems = {
      "x86_64-linux": makeVariant({ version: "of the builder" }),
      "riscv64-linux": makeVariant({ version: "of the host" }),
    };
    const overlay = await writeOverlay(
      host,
      makeLock({ acme: makeArtifact({ fetch: "require", install: { kind: "binary" }, systems }) }),
    );
    const acme = `${await packageSet(host, [overlay], "x86_64-linux", "riscv64-linux")}.artifacts.acme`;
    expect(await evaluateOn(host, `with ${acme}; [ version src.system ]`)).toEqual([
      "of the host",
      "x86_64-linux",
    ]);
  });
});

describe("a system without a variant", () => {
  const systems = { "x86_64-linux": makeVariant(), "aarch64-darwin": makeVariant() };

  test("fails only when something is built, and names the systems there are", async () => {
    const acme = await packageFrom(host, makeArtifact({ systems }), "riscv64-linux");
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
    const any = makeVariant({ version: "for any" });
    const acme = await packageFrom(host, makeArtifact({ systems: { ...systems, any } }), "riscv64-linux");
    expect(await evaluateOn(host, `[ ${acme}.version (${acme}.meta ? platforms) ]`)).toEqual([
      "for any",
      false,
    ]);
  });

  test("is not in the set of all sources, and says so when it is asked for", async () => {
    const lock = makeLock({ acme: makeArtifact({ systems }) });
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
