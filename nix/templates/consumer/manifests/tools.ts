import { defineArtifacts } from "nix-artifacts";

// An entry for each artifact, here or in further files of this folder. Take the slashes away, say what you want, then run:
// artifacts lock
export default defineArtifacts([
  // {
  //   name: "acme-cli", // pkgs.artifacts.acme-cli
  //   project: "platform/acme-cli", // full path, or numeric id
  //   ref: { branch: "main" }, // or { tag: "v1.2.3" }, or { semver: "^1.2", tagPrefix: "v" }
  //   job: "build: [{os}, {arch}]", // {…} is filled from the variables of each system
  //   file: "dist/acme-{os}-{arch}.tar.gz", // in the job's artifacts; without it, all of them as one zip
  //   systems: {
  //     "x86_64-linux": { os: "linux", arch: "amd64" },
  //     "aarch64-darwin": { os: "darwin", arch: "arm64" },
  //   },
  //   install: { kind: "archive", bin: ["bin/acme"] }, // or { kind: "binary" } for a single program
  // },
]);
