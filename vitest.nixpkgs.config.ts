import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineConfig } from "vitest/config";
import base from "./vitest.config.js";

/** Evaluates packages and modules with the code of nixpkgs, from a checkout that somebody has. */
const NIXPKGS = process.env["NIXPKGS"];
if (NIXPKGS === undefined || !existsSync(join(NIXPKGS, "default.nix"))) {
  const given = NIXPKGS === undefined ? "NIXPKGS is not set" : `NIXPKGS=${NIXPKGS} has no default.nix`;
  throw new Error(`${given}; give a checkout of nixpkgs: NIXPKGS=path npm run test:nixpkgs`);
}

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["test/nixpkgs/*.test.ts"],
    exclude: [],
    env: { NIXPKGS: resolve(NIXPKGS) },
  },
});
