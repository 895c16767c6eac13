/** A company's GitLab with two private projects whose jobs built real programs. */
import { startGitLab, type EmbeddedGitLab } from "../simulator/simulator.js";
import { type BinarySource, readRealBinary, type RealBinary } from "./real-binaries.js";

type Platform = "linux-x64" | "linux-arm64" | "darwin-arm64";
const PLATFORMS: readonly Platform[] = ["linux-x64", "linux-arm64", "darwin-arm64"];

const ESBUILD: Record<Platform, string> = {
  "linux-x64":
    "sha512-4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ==",
  "linux-arm64":
    "sha512-pW4AC0P3it8c7do9MVM4p51FzHzdM/TZrerurgRcHJ2WTa1VQ1CIq18xncfpBJw4ojkiZZrKW2yIBWBP92j6Ug==",
  "darwin-arm64":
    "sha512-n4KqkOQrraxHJcgjM1RvwbigfQKIKJVpM7xp+KsxiyUSrRdIXnt73VhrPAx0fV44hgfmIVKjxMN9J1t5jySVkw==",
};
const LEFTHOOK: Record<Platform, string> = {
  "linux-x64":
    "sha512-N/OlQyAhcU6RAXjrwFxLsh70sn96rBoi+XkuLJ8CVBkk9Ci3VDXQayDZTNz5B1xML8RwoMcV8Wblniy1xFOmSA==",
  "linux-arm64":
    "sha512-d+HFtS2DEKaOnD7vRU0tUz8pNgHwsUYmQ22+1dyXpOrXGyzNXR0AqX5KsIRF36JGhVvO5X5Anw5QYgR3mxVSuA==",
  "darwin-arm64":
    "sha512-6V8D3bLnD/60Xhqn0o2EQD6H3Fe/U9LGkt4WF1O/3eBHbux+5ZJqoH0hfrC+Bi9Dy1Ve1AWxiAY7U2asYl8qVA==",
};

/** Starts the GitLab that `manifests/` speak of; only `token` may read it. */
export async function startCompany(token: string, source: BinarySource): Promise<EmbeddedGitLab> {
  const gitlab = await startGitLab({ knobs: { storage: "direct" } });
  gitlab.addToken({ token, kind: "personal", scopes: ["read_api"] });
  await addEsbuild(gitlab, source);
  await addLefthook(gitlab, source);
  return gitlab;
}

/** A job for each platform, named as `parallel:matrix` names them. */
async function addEsbuild(gitlab: EmbeddedGitLab, source: BinarySource): Promise<void> {
  const project = "toolchain/esbuild";
  const names = {
    "linux-x64": ["linux", "amd64"],
    "linux-arm64": ["linux", "arm64"],
    "darwin-arm64": ["darwin", "arm64"],
  };
  gitlab.addProject({ path: project, visibility: "private" });
  const pipeline = gitlab.addPipeline(project, { ref: "main", status: "success" });
  for (const platform of PLATFORMS) {
    const binary = { package: `@esbuild/${platform}`, version: "0.28.2", program: "package/bin/esbuild" };
    const content = await readRealBinary({ ...binary, integrity: ESBUILD[platform] }, source);
    const name = names[platform];
    gitlab.addJob(project, pipeline.id, {
      name: `build: [${name.join(", ")}]`,
      artifacts: { files: { [`dist/esbuild-${name.join("-")}`]: { content, mode: 0o755 } } },
    });
  }
}

/** One job that built for all platforms, run for a tag. */
async function addLefthook(gitlab: EmbeddedGitLab, source: BinarySource): Promise<void> {
  const project = "toolchain/lefthook";
  const names = { "linux-x64": "linux_x86_64", "linux-arm64": "linux_arm64", "darwin-arm64": "macos_arm64" };
  gitlab.addProject({ path: project, visibility: "private" });
  const pipeline = gitlab.addPipeline(project, { ref: "v2.2.2", tag: true, status: "success" });
  const files: Record<string, { content: Uint8Array; mode: number }> = {};
  for (const platform of PLATFORMS) {
    const binary: RealBinary = {
      package: `lefthook-${platform}`,
      version: "2.2.2",
      integrity: LEFTHOOK[platform],
      program: "package/bin/lefthook",
    };
    files[`lefthook_${names[platform]}`] = { content: await readRealBinary(binary, source), mode: 0o755 };
  }
  gitlab.addJob(project, pipeline.id, { name: "release", artifacts: { files } });
}
