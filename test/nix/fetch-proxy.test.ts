import { expect, test } from "vitest";
import { evaluate, nixPath, projectPath } from "./evaluate.js";

const FETCH_PROXY = nixPath(projectPath("nix/lib/fetchProxy.nix"));

test.each(["file", "executable", "unpacked"])(
  "form %s is the very derivation that `derivation` makes, with each of its attributes",
  async (form) => {
    const told = await evaluate(`
      let
        ours = import ${FETCH_PROXY} {
          name = "art.bin";
          hash = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
          url = "http://127.0.0.1:7467/fod/x";
          form = "${form}";
        };
        theirs = derivation ours.drvAttrs;
        shown = drv: {
          names = builtins.attrNames drv;
          plain = removeAttrs drv [ "out" "all" ];
          outputs = map (output: [ output.drvPath output.outputName ]) ([ drv.out drv.out.out ] ++ drv.all);
        };
      in
      { ours = shown ours; theirs = shown theirs; }`);
    const { ours, theirs } = told as { ours: unknown; theirs: unknown }; // written above
    expect(ours).toEqual(theirs);
  },
);
