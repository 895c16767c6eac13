import { defineArtifact } from "nix-artifacts";

export default defineArtifact({
  name: "acme",
  project: 42,
  ref: { job: 77002 },
  systems: "any",
  license: "unfree",
  groups: ["tools", "developers", "tools"],
  install: {
    kind: "archive",
    bin: ["dist/acme-darwin-arm64", "dist/*-amd64"],
    man: ["man/acme.1"],
    completions: { bash: "completions/acme.bash" },
    libraries: ["openssl", "stdenv.cc.cc.lib"],
    environment: { ACME_HOME: "/var/lib/acme" },
  },
});
