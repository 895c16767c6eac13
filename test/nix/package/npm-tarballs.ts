/** Serves, as a registry would, the packages of `package-lock.json` that npm has in its cache since they were installed. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { projectPath } from "../evaluate.js";

export interface NpmTarballs {
  readonly url: string;
  close(): void;
}

export async function serveNpmTarballs(): Promise<NpmTarballs> {
  const files = cachedFiles();
  const server = createServer(({ url = "" }, response) => {
    const file = files.get(url);
    if (file === undefined || !existsSync(file))
      response.writeHead(404).end(`${url} is not in npm's cache; run: npm ci\n`);
    else response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // `listen` on a port of TCP gives an address with a port
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** Where each tarball is; npm's cache has a file for each integrity (npm's cacache, content-v2). */
function cachedFiles(): Map<string, string> {
  const lock = JSON.parse(readFileSync(projectPath("package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; integrity?: string }>;
  };
  const files = new Map<string, string>();
  for (const [path, { version, integrity }] of Object.entries(lock.packages)) {
    const name = path.split("node_modules/").at(-1) ?? "";
    if (integrity === undefined) continue;
    files.set(`/${name}/-/${basename(name)}-${version}.tgz`, contentFile(integrity));
  }
  return files;
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
