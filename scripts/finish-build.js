// The last step of the build: the declaration file that `artifacts generate` puts beside a consumer's manifests, and the permission
// to run the command from a clone, which npm gives only where it installs a package.
import { chmodSync, writeFileSync } from "node:fs";
import { makeDeclarationText } from "../dist/manifest/declarations.js";

writeFileSync(new URL("../dist/nix-artifacts.d.ts", import.meta.url), await makeDeclarationText());
chmodSync(new URL("../dist/cli.js", import.meta.url), 0o755);
