// The last step of the build: the declaration file that `artifacts generate` puts beside a consumer's manifests.
import { writeFileSync } from "node:fs";
import { makeDeclarationText } from "../dist/manifest/declarations.js";

writeFileSync(new URL("../dist/nix-artifacts.d.ts", import.meta.url), await makeDeclarationText());
