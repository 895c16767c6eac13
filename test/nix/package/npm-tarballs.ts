/** A registry with the packages of `package-lock.json`, as far as npm has them in its cache since they were installed. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import compare from "semver/functions/compare.js";
import { projectPath } from "../evaluate.js";

export interface NpmTarballs {
  readonly url: string;
  close(): void;
}

export async function serveNpmTarballs(): Promise<NpmTarballs> {
  const packages = lockedPackages();
  const files = new Map(packages.map((one) => [tarballOf(one), contentFile(one.integrity)]));
  const server = createServer(({ url = "" }, response) => {
    const file = files.get(url);
    const versions = packages.filter(({ name }) => name === decodeURIComponent(url.slice(1)));
    if (versions.length > 0) response.end(JSON.stringify(packument(versions, address)));
    else if (file === undefined || !existsSync(file))
      response.writeHead(404).end(`${url} is not in npm's cache; run: npm ci\n`);
    else response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // `listen` on a port of TCP gives an address with a port
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: address, close: () => server.close() };
}

interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

function lockedPackages(): LockedPackage[] {
  const lock = JSON.parse(readFileSync(projectPath("package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; integrity?: string }>;
  };
  return Object.entries(lock.packages).flatMap(([path, { integrity, ...rest }]) =>
    integrity === undefined ? [] : [{ ...rest, integrity, name: path.split("node_modules/").at(-1) ?? "" }],
  );
}

function tarballOf({ name, version }: LockedPackage): string {
  return `/${name}/-/${basename(name)}-${version}.tgz`;
}

/** What a registry tells of a package: what the lock says of its versions, dependencies and programs included. */
function packument(versions: readonly LockedPackage[], address: string) {
  const [newest] = versions.map(({ version }) => version).sort((a, b) => compare(b, a));
  return {
    name: versions[0]?.name,
    "dist-tags": { latest: newest },
    versions: Object.fromEntries(
      versions.map((one) => [
        one.version,
        { ...one, dist: { tarball: address + tarballOf(one), integrity: one.integrity } },
      ]),
    ),
  };
}

const CONTENT = join(
  execFileSync("npm", ["config", "get", "cache"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim(),
  "_cacache/content-v2/sha512",
);

function contentFile(integrity: string): string {
  const hex = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return join(CONTENT, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}
