/** Packages of one artifact, `acme`, on a test host. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Install } from "../../src/artifact.js";
import type { LockedArtifact, LockedVariant } from "../../src/lock/schema.js";
import type { NixHost } from "./host.js";
import { lockBytes, makeFolder, packageSet, writeOverlay } from "./workspace.js";
import { makeArtifact, makeLock } from "../make/lock.js";

export const PROGRAM = "#!/bin/sh\necho runs with $1\n";

/** Puts the bytes into the store of the host and returns an expression for the package. */
export async function packageOf(
  host: NixHost,
  content: string | Buffer,
  install: Install,
  variant: Partial<LockedVariant> = {},
): Promise<string> {
  const locked = await lockBytes(host, content, variant);
  const mode = locked.variant.form === "file" ? [] : ["--recursive"];
  await host.output("nix-store", ["--add-fixed", ...mode, "sha256", locked.file]);
  return packageFrom(host, makeArtifact({ fetch: "require", install, systems: { any: locked.variant } }));
}

/** An expression for the package of an artifact. */
export async function packageFrom(host: NixHost, artifact: LockedArtifact, system?: string): Promise<string> {
  const overlay = await writeOverlay(host, makeLock({ acme: artifact }));
  return `${await packageSet(host, [overlay], system)}.artifacts.acme`;
}

/** A store path of the host, as this machine sees it. */
export function outside(host: NixHost, storePath: string, ...path: string[]): string {
  return join(host.store, basename(storePath), ...path);
}

/** An AppImage of type 2 of what is in `folder`: a program that must not run, with a real file system behind it. */
export async function appImageOf(host: NixHost, folder: string, ...options: string[]): Promise<Buffer> {
  const image = join(await makeFolder(host, "appimage"), "image");
  execFileSync("mksquashfs", [folder, image, "-quiet", "-no-progress", "-all-root", ...options]);
  return Buffer.concat([await readFile("/bin/true"), await readFile(image)]);
}
