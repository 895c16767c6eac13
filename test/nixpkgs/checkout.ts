/** The checkout of nixpkgs under test, and package sets of it. `vitest.nixpkgs.config.ts` has seen that it is there. */
import { evaluate, nixPath, nixString } from "../nix/evaluate.js";

export const NIXPKGS = process.env["NIXPKGS"] ?? "";

/** Tools of packages come from many corners of nixpkgs. What a cut-down copy lacks, or cannot evaluate, is a package of nothing. */
const WHAT_A_CUT_DOWN_COPY_LACKS = `(final: prev: let
  orNothing = set: name: if (builtins.tryEval set.\${name}.drvPath or (throw name)).success
    then set.\${name}
    else prev.runCommand name { passthru.targetPrefix = ""; } "mkdir $out";
in prev.lib.genAttrs [ "dpkg" "nodejs" "squashfsTools" ] (orNothing prev) // {
  darwin = (prev.darwin or { }) // prev.lib.genAttrs [ "cctools" "sigtool" ] (orNothing (prev.darwin or { }));
})`;

export interface PackageSetOptions {
  readonly overlay: string;
  readonly system?: string;
  readonly allowUnfree?: boolean;
}

/** The value of an expression in which `pkgs` is nixpkgs with an overlay from the folder `overlay`. */
export function evaluateInNixpkgs(expression: string, options: PackageSetOptions): Promise<unknown> {
  const { overlay, system = "x86_64-linux", allowUnfree = false } = options;
  return evaluate(`let
    pkgs = import ${nixPath(NIXPKGS)} {
      system = ${nixString(system)};
      config = { allowUnfree = ${allowUnfree}; };
      overlays = [ ${WHAT_A_CUT_DOWN_COPY_LACKS} (import (${nixPath(overlay)} + "/overlay.nix")) ];
    };
  in ${expression}`);
}
