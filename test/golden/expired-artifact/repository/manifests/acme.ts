import { defineArtifact } from "nix-artifacts";

export default defineArtifact({
  name: "acme-cli",
  description: "ACME command line",
  project: "platform/acme-cli",
  ref: { pipeline: 9000 },
  job: "nightly",
  file: "acme",
  systems: {
    "x86_64-linux": { os: "linux", arch: "amd64" },
    "aarch64-darwin": { os: "darwin", arch: "arm64" },
  },
  install: { kind: "binary", name: "acme" },
});
