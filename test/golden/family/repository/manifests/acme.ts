import { defineArtifacts } from "nix-artifacts";
import { systems, project } from "./shared.js";

const tools = ["alpha", "beta"] as const;
const tool = (name: string) => ({
  name: `acme-${name}`,
  project,
  ref: { pipeline: 9001 },
  job: "build: [{os}, {arch}]",
  file: "dist/acme-{os}-{arch}",
  form: "executable" as const,
  fetch: "require" as const,
  systems,
});

export default defineArtifacts(tools.map((name) => tool(name)));
