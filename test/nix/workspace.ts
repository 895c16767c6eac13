/** A consumer's folder on a test host: bytes to lock, a generated overlay, the stand-in for nixpkgs. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generate } from "../../src/generate/generate.js";
import { readNixLibrary } from "../../src/generate/nix-library.js";
import type { Lock, LockedVariant } from "../../src/lock/schema.js";
import { nixString, projectPath } from "./evaluate.js";
import type { NixHost } from "./host.js";
import { makeVariant } from "../make/lock.js";

/** Where folders are made: a host, or a temporary folder where nothing is built. */
type Home = Pick<NixHost, "home">;

/** Makes a folder that the untrusted user can read and write. */
export async function makeFolder(host: Home, name: string): Promise<string> {
  const folder = await mkdtemp(join(host.home, `${name}-`));
  await chmod(folder, 0o777);
  return folder;
}

/** Copies what the flake and the package are made of, and nothing else of this repository; returns the folder. */
export async function copySource(host: Home): Promise<string> {
  const folder = await makeFolder(host, "source");
  const names =
    "flake.nix nix src scripts manifests artifacts.lock.schema.json package.json package-lock.json tsconfig.json tsconfig.build.json";
  for (const name of names.split(" ")) await cp(projectPath(name), join(folder, name), { recursive: true });
  return folder;
}

export interface OverlayOptions {
  readonly namespace?: string | null;
  readonly proxy?: string;
  /** Leaves out the files of the artifacts themselves. */
  readonly withoutArtifacts?: boolean;
}

/** Writes the overlay of `lock` into a new folder. */
export async function writeOverlay(
  host: Home,
  lock: Lock,
  { namespace = "artifacts", proxy = "http://127.0.0.1:7467", withoutArtifacts = false }: OverlayOptions = {},
): Promise<string> {
  const folder = await makeFolder(host, "overlay");
  const files = generate(lock, { namespace, proxy, library: await readNixLibrary() }).filter(
    ({ path }) => !(withoutArtifacts && path.endsWith(".json")),
  );
  for (const path of new Set(files.map((file) => dirname(file.path)))) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await Promise.all(files.map(({ path, text }) => writeFile(join(folder, path), text)));
  return folder;
}

/** Nix expression of the stand-in's package set with overlays. */
export async function packageSet(
  host: NixHost,
  overlays: readonly string[],
  system?: string,
  crossSystem?: string,
): Promise<string> {
  const standIn = await makeFolder(host, "stand-in");
  await cp(projectPath("nix/stand-in"), standIn, { recursive: true });
  const imports = overlays.map((folder) => `(import ${folder}/overlay.nix)`).join(" ");
  const systems = Object.entries({ system, crossSystem }).map(([name, value]) =>
    value === undefined ? "" : `${name} = ${nixString(value)};`,
  );
  return `(import ${standIn} { overlays = [ ${imports} ]; ${systems.join(" ")} })`;
}

/** The value of an expression, for the untrusted user. */
export async function evaluateOn(host: NixHost, expression: string): Promise<unknown> {
  return JSON.parse(await host.output("nix-instantiate", ["--eval", "--strict", "--json", "-E", expression]));
}

/** Builds an expression as the untrusted user. */
export function build(host: NixHost, expression: string) {
  return host.run("nix-build", ["--no-out-link", "-E", expression]);
}

/** Builds an expression that must build; returns the path in the store. */
export function built(host: NixHost, expression: string): Promise<string> {
  return host.output("nix-build", ["--no-out-link", "-E", expression]);
}

export interface LockedBytes {
  readonly bytes: Buffer;
  /** The bytes in a file that is called as the store wants it. */
  readonly file: string;
  readonly variant: LockedVariant;
}

/** Locks bytes: the store path is what the host's own Nix says. */
export async function lockBytes(
  host: NixHost,
  content: string | Buffer,
  overrides: Partial<LockedVariant> = {},
): Promise<LockedBytes> {
  const { name, form } = makeVariant(overrides);
  const bytes = Buffer.from(content);
  const file = join(await makeFolder(host, "bytes"), name);
  await writeFile(file, bytes);
  await chmod(file, form === "executable" ? 0o755 : 0o644);

  const narHash = await host.output("nix-hash", ["--type", "sha256", file]);
  const hash = form === "file" ? createHash("sha256").update(bytes).digest("hex") : narHash;
  const mode = form === "file" ? [] : ["--recursive"];
  const storePath = await host.output("nix-store", ["--print-fixed-path", ...mode, "sha256", hash, name]);
  const digests = { hash: sri(hash), narHash: sri(narHash), size: bytes.length, storePath };
  return { bytes, file, variant: makeVariant({ ...overrides, ...digests }) };
}

/** Locks a tree as form `unpacked`: `bytes` is its NAR, which is what a proxy serves, and `file` the tree itself. */
export async function lockTree(
  host: NixHost,
  files: Readonly<Record<string, string>>,
  overrides: Partial<LockedVariant> = {},
): Promise<LockedBytes> {
  const { name } = makeVariant(overrides);
  const file = join(await makeFolder(host, "tree"), name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(file, path)), { recursive: true });
    await writeFile(join(file, path), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  const bytes = execFileSync("nix-store", ["--dump", file]);
  const hash = createHash("sha256").update(bytes).digest("hex");
  const storePath = await host.output("nix-store", [
    "--print-fixed-path",
    "--recursive",
    "sha256",
    hash,
    name,
  ]);
  const digests = { hash: sri(hash), narHash: sri(hash), narSize: bytes.length, storePath };
  return { bytes, file, variant: makeVariant({ ...overrides, ...digests, form: "unpacked" }) };
}

function sri(hex: string): string {
  return `sha256-${Buffer.from(hex, "hex").toString("base64")}`;
}
