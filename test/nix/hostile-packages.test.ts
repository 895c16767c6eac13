import { execFileSync } from "node:child_process";
import { readFile, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Install } from "../../src/artifact.js";
import { startNixHost, type NixHost } from "./host.js";
import { appImageOf, outside, packageOf, PROGRAM } from "./packages.js";
import { build, makeFolder } from "./workspace.js";
import { zipOf } from "./zip.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

describe("members of a hostile archive stay in the tree, or nothing is built", () => {
  const install: Install = { kind: "archive", bin: ["acme"] };
  const outsiders = ["../../bin/evil", "/tmp/evil", "link/evil"];

  /** A tar with a link to `bin/`, then a member that leads outside. */
  async function hostileTar(outsider: string): Promise<Buffer> {
    const folder = await makeFolder(host, "hostile");
    for (const name of ["acme", "evil"]) await writeFile(join(folder, name), PROGRAM, { mode: 0o755 });
    await symlink("../../bin", join(folder, "link"));
    const names = ["--absolute-names", `--transform=flags=r;s,^evil$,${outsider},`, "acme", "link", "evil"];
    return execFileSync("tar", ["-C", folder, "-c", ...names]);
  }

  async function expectNothingOutside(acme: string, absolute: boolean): Promise<void> {
    const { code, stdout } = await build(host, acme);
    if (code !== 0) return;
    const path = outside(host, stdout.trim());
    if (absolute) expect(await readFile(join(path, "libexec/acme/tmp/evil"), "utf8")).toBe(PROGRAM);
    expect((await readdir(path)).sort()).toEqual(["bin", "libexec"]);
    expect(await readdir(join(path, "bin"))).toEqual(["acme"]);
    expect(await readdir(join(path, "libexec"))).toEqual(["acme"]);
  }

  test.each(outsiders)("of a tar: %s", async (outsider) => {
    await expectNothingOutside(
      await packageOf(host, await hostileTar(outsider), install, { file: "a.tar" }),
      outsider.startsWith("/"),
    );
  });

  test.each(outsiders)("of a zip: %s", async (outsider) => {
    const zip = zipOf([
      { path: "acme", data: PROGRAM },
      { path: "link", data: "../../bin", mode: 0o120777 },
      { path: outsider, data: PROGRAM },
    ]);
    await expectNothingOutside(
      await packageOf(host, zip, install, { file: "a.zip" }),
      outsider.startsWith("/"),
    );
  });

  test.each(outsiders)("of a Debian package: %s", async (outsider) => {
    const control = execFileSync("tar", ["-c", "--files-from=/dev/null"]);
    const deb = arOf({
      "debian-binary": "2.0\n",
      "control.tar": control,
      "data.tar": await hostileTar(outsider),
    });
    await expectNothingOutside(
      await packageOf(host, deb, { kind: "deb", bin: ["acme"] }, { file: "a.deb" }),
      outsider.startsWith("/"),
    );
  });

  test.each(outsiders)("of an AppImage: %s", async (outsider) => {
    const image = await hostileAppImage(outsider);
    const acme = await packageOf(host, image, { kind: "appimage" }, { file: "a.AppImage" });
    const { code, stderr } = await build(host, acme);
    expect(code).not.toBe(0);
    expect(stderr).toContain("is no AppImage of type 2");
  });

  /** `mksquashfs` makes no such names: they take the place of others in its table, which is not compressed. */
  async function hostileAppImage(outsider: string): Promise<Buffer> {
    const folder = await makeFolder(host, "hostile");
    const harmless = outsider.replaceAll(/[^a-z]/g, "_");
    await writeFile(join(folder, "AppRun"), PROGRAM, { mode: 0o755 });
    await writeFile(join(folder, harmless), PROGRAM);
    await symlink("../../bin", join(folder, "link"));
    const image = await appImageOf(host, folder, "-noI");
    const at = image.lastIndexOf(harmless);
    expect(at).toBeGreaterThan(0);
    image.write(outsider, at);
    return image;
  }
});

/** An archive as ar(5) has it, in which dpkg keeps a package's parts: deb(5). */
function arOf(members: Readonly<Record<string, string | Buffer>>): Buffer {
  const parts = Object.entries(members).flatMap(([name, data]) => {
    const bytes = Buffer.from(data);
    const header = `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(bytes.length).padEnd(10)}`;
    return [Buffer.from(`${header}\`\n`), bytes, Buffer.alloc(bytes.length % 2, "\n")];
  });
  return Buffer.concat([Buffer.from("!<arch>\n"), ...parts]);
}
