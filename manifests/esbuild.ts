import { defineArtifact } from "nix-artifacts";

/** One file of the archive for each system; `{os}` and `{arch}` are filled in from that system's variables. */
export default defineArtifact({
  name: "esbuild",
  description: "JavaScript bundler, as the toolchain team builds it",
  project: "toolchain/esbuild",
  ref: { branch: "main" },
  job: "build: [{os}, {arch}]",
  file: "dist/esbuild-{os}-{arch}",
  form: "executable",
  fetch: "proxy",
  systems: {
    "x86_64-linux": { os: "linux", arch: "amd64" },
    "aarch64-linux": { os: "linux", arch: "arm64" },
    "aarch64-darwin": { os: "darwin", arch: "arm64" },
  },
});
