import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startNixHost, type NixHost } from "./host.js";
import { evaluateOn, packageSet, writeOverlay } from "./workspace.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

describe("overlays", () => {
  test("of several repositories share a namespace", async () => {
    const overlays = await Promise.all(
      ["one", "two"].map((name) => writeOverlay(host, makeLock({ [name]: makeArtifact() }))),
    );
    const names = `builtins.attrNames ${await packageSet(host, overlays)}.artifacts`;
    expect(await evaluateOn(host, names)).toEqual(["all", "groups", "one", "two"]);
  });

  test("have sets of what there is for the system: all, and by group; those of several repositories meet", async () => {
    const artifact = (groups: string[], system = "x86_64-linux") =>
      makeArtifact({ fetch: "require", groups, systems: { [system]: makeVariant() } });
    const overlays = await Promise.all([
      writeOverlay(
        host,
        makeLock({ lint: artifact(["ci", "dev"]), mac: artifact(["dev"], "aarch64-darwin") }),
      ),
      writeOverlay(host, makeLock({ format: artifact(["dev"]), other: artifact(["extra"]) })),
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
    const overlay = `(import ${await writeOverlay(host, makeLock({ acme: makeArtifact({ install: { kind: "binary" } }) }))}/overlay.nix)`;
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
    const overlay = await writeOverlay(host, makeLock({ acme: makeArtifact() }), { namespace: null });
    const pkgs = await packageSet(host, [overlay]);
    expect(await evaluateOn(host, `[ ${pkgs}.acme.version (${pkgs} ? artifacts) ]`)).toEqual([
      "1.2.3",
      false,
    ]);
  });

  test("read neither the index nor an artifact that is not used", async () => {
    const names = Array.from({ length: 10_000 }, (_, number) => `acme-${number}`);
    const artifact = makeArtifact();
    const lock = makeLock(Object.fromEntries(names.map((name) => [name, artifact])));
    const overlay = await writeOverlay(host, lock, { withoutArtifacts: true });
    const pkgs = await packageSet(host, [overlay]);
    expect(await evaluateOn(host, `builtins.length (builtins.attrNames ${pkgs}.artifacts)`)).toBe(10_002);

    await rm(join(overlay, "index.nix"));
    expect(await evaluateOn(host, `${pkgs}.unzip.name`)).toBe("unzip-of-the-machine");
    expect(await evaluateOn(host, `${pkgs} ? artifacts`)).toBe(true);
  });
});

test("the sources of one artifact are had without reading another's data", async () => {
  const lock = makeLock({
    acme: makeArtifact({ systems: { any: makeVariant() } }),
    other: makeArtifact(),
  });
  const folder = await writeOverlay(host, lock);
  await rm(join(folder, "artifacts/other.json"));
  await rm(join(folder, "provenance"), { recursive: true });
  const path = ["--eval", "--strict", "-E", `(import ${folder}/sources.nix { }).acme.outPath`];
  expect(await host.output("nix-instantiate", path)).toContain(makeVariant().storePath);
});
