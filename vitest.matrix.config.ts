import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import base from "./vitest.config.js";

/** What a user's Nix sees of us, once with each version that `scripts/install-nixes.sh` puts beside the machine's own. */
const INCLUDE = [
  "test/e2e/{canary,main-job,new-repository,offline}.test.ts",
  "test/fetch/{fetch,gc-roots,unpacked}.test.ts",
  "test/nix/*.test.ts",
  "test/proxy/nix-*.test.ts",
  "test/publish/{publish,substitute}.test.ts",
  "test/store/{nar-of-path,nix,path-info,daemon/open-store}.test.ts",
  "test/upload/untrusted-ci.test.ts",
];

export default defineConfig({
  ...base,
  test: { projects: ["2.26", "2.34"].map(project) },
});

/** A version's programs come first in PATH, so that tests, hosts and our own command line all run them. */
function project(version: string) {
  const bin = fileURLToPath(new URL(`.cache/nix/${version}/bin`, import.meta.url));
  if (!existsSync(bin)) throw new Error(`Nix ${version} is missing; run: node scripts/setup.js test`);
  const env = { NIX_UNDER_TEST: bin, PATH: `${bin}:${process.env["PATH"]}` };
  return { ...base, test: { ...base.test, name: `Nix ${version}`, include: INCLUDE, env } };
}
