import { defineArtifact } from "nix-artifacts";
import { systems } from "./systems.js";

const version = "v2.2.2";

export default defineArtifact({
  name: "lefthook",
  description: `Git hooks manager ${version}`,
  project: "toolchain/lefthook",
  ref: { tag: version },
  job: "release",
  file: "lefthook_{os}_{arch}",
  form: "executable",
  fetch: "require",
  systems,
});
