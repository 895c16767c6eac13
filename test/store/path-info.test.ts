import { expect, test } from "vitest";
import { parsePathInfos } from "../../src/store/path-info.js";

const X = "/nix/store/dl6a9mzr7qn0820344vqazhvd969q7bk-x";
const DEP = "/nix/store/kybdgmd68i1kwlrshsij2qy5k97sf8hg-dep";
const CA = "text:sha256:13ns0xymhkhgng27kis2x8w05bc8gw6nifqkg7r2npb3z0gfgqwc";
const HASHES = [
  "sha256-kGVcF8jvtgTO8jEMOBvApBF8UYMa6He15zFE9b07g2Y=",
  "sha256-oYpx7olqIL6TpLxkXGgfZEX1j+jiKutzcb1w4gEsD0Q=",
];

/** As Nix 2.8.0, and as Nix 2.26.3 print it; 2.34.8 adds `storeDir` and `version`. */
const PRINTED = {
  "2.8": [
    { path: X, narHash: HASHES[0], narSize: 176, references: [X, DEP], deriver: `${X}.drv`, ultimate: true },
    { path: DEP, narHash: HASHES[1], narSize: 120, references: [], ca: CA, signatures: ["k:c2ln"] },
  ],
  "2.26": {
    [X]: {
      ca: null,
      deriver: `${X}.drv`,
      narHash: HASHES[0],
      narSize: 176,
      references: [X, DEP],
      signatures: [],
    },
    [DEP]: {
      ca: CA,
      deriver: null,
      narHash: HASHES[1],
      narSize: 120,
      references: [],
      signatures: ["k:c2ln"],
    },
  },
};

test.each(Object.entries(PRINTED))("what Nix %s says is understood", (_version, printed) => {
  const references = ["dl6a9mzr7qn0820344vqazhvd969q7bk-x", "kybdgmd68i1kwlrshsij2qy5k97sf8hg-dep"];
  const none = { deriver: undefined, ca: undefined, signatures: [], references: [] };
  const deriver = "dl6a9mzr7qn0820344vqazhvd969q7bk-x.drv";
  expect(parsePathInfos(JSON.stringify(printed))).toEqual([
    { ...none, path: X, narHash: HASHES[0], narSize: 176, references, deriver },
    { ...none, path: DEP, narHash: HASHES[1], narSize: 120, ca: CA, signatures: ["k:c2ln"] },
  ]);
});

test.each(["", "null", '{"version":9}', `{"${X}":null}`])("%j is refused", (text) => {
  expect(() => parsePathInfos(text)).toThrow("what this version does not know");
});
