import { defineArtifact } from "nix-artifacts";

export default defineArtifact({
  name: "acme",
  project: 42,
  ref: { job: 77002 },
  systems: "any",
  install: { kind: "archive", bin: ["dist/acme-darwin-arm64"] },
});
