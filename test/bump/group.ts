/** A group of repositories that lock what one project builds, and the bot with a token of the group. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { bumpMany, type ManyTended } from "../../src/bump/bump-many.js";
import type { Credentials } from "../../src/credentials/credentials.js";
import { createGitLab } from "../../src/gitlab/client.js";
import { createGitLabWriter } from "../../src/gitlab/writer.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import type { MergeRequest } from "../../src/simulator/state/forge.js";
import { NOW, SILENT, TOKEN } from "./company.js";

export interface RunInGroup {
  readonly groups?: readonly string[];
  readonly projects?: readonly (string | number)[];
  readonly allowed?: readonly string[];
}

export interface Group {
  readonly gitlab: EmbeddedGitLab;
  /** A pipeline of `platform/acme` with new bytes. */
  build(): void;
  /** Adds a repository that locks it, or what `manifest` says. */
  addRepository(path: string, options?: { readonly config?: string; readonly manifest?: string }): void;
  /** One run of the bot; in the group `platform` unless something else is named. */
  run(options?: RunInGroup): Promise<ManyTended>;
  /** What is open in a repository. */
  open(path: string): readonly MergeRequest[];
  /** Merges all that is open everywhere. */
  mergeAll(): void;
  /** Requests since the last call, without the prefix of the API. */
  asked(): readonly string[];
}

export const ACME = manifestOf("platform/acme");

export function manifestOf(project: string | number, more = ""): string {
  return `import { defineArtifact } from "nix-artifacts";
export default defineArtifact({
  name: "acme", project: ${JSON.stringify(project)}, ref: { branch: "main" }, job: "build", file: "tool", systems: "any",${more}
});
`;
}

export async function startGroup(
  repositories: readonly string[],
  { latencyMs = 0 }: { readonly latencyMs?: number } = {},
): Promise<Group> {
  const gitlab = await startGitLab({ now: () => NOW, latencyMs });
  onTestFinished(() => gitlab.close());
  gitlab.addToken({ token: TOKEN, kind: "group", scopes: ["api"], user: "bot", role: "developer" });
  gitlab.addProject({ path: "platform/acme" });
  let seen = 0;
  const repos = new Set<string>();
  const group: Group = {
    gitlab,
    build: () => buildIn(gitlab, "platform/acme"),
    addRepository(path, { config = "", manifest = ACME } = {}) {
      repos.add(path);
      gitlab.addProject({ path });
      const files = {
        "artifacts.config.ts": `import { defineConfig } from "nix-artifacts";
export default defineConfig({ gitlab: "${gitlab.url}", bump: { ${config} } });
`,
        "manifests/acme.ts": manifest,
      };
      gitlab.forge(path).repository.commit("main", { files });
    },
    run: (options) => runIn(gitlab, options),
    open: (path) => gitlab.forge(path).mergeRequests.filter(({ state }) => state === "opened"),
    mergeAll() {
      for (const path of repos) for (const request of group.open(path)) mergeIn(gitlab, path, request);
    },
    asked() {
      const fresh = gitlab.requests.slice(seen);
      seen = gitlab.requests.length;
      return fresh.map(({ method, path }) => `${method} ${path.replace("/api/v4", "")}`);
    },
  };
  group.build();
  for (const path of repositories) group.addRepository(path);
  return group;
}

export function buildIn(gitlab: EmbeddedGitLab, path: string): void {
  const { id } = gitlab.addPipeline(path, { ref: "main", commitTitle: `canary of ${path}` });
  const files = { tool: `${path} ${id}`, [`canary-of-${path.replaceAll("/", "-")}-${id}`]: "" };
  gitlab.addJob(path, id, { name: "build", artifacts: { files } });
}

function mergeIn(gitlab: EmbeddedGitLab, path: string, request: MergeRequest): void {
  const forge = gitlab.forge(path);
  if (forge.repository.merge(request.sourceBranch, "main", "Merge") === undefined)
    throw new Error(`!${request.iid} of ${path} conflicts`);
  request.state = "merged";
  forge.repository.branches.delete(request.sourceBranch);
}

async function runIn(
  { url }: EmbeddedGitLab,
  { groups = ["platform"], projects = [], allowed = [] }: RunInGroup = {},
): Promise<ManyTended> {
  const credential = { headers: { "private-token": TOKEN }, source: "GITLAB_TOKEN" };
  const credentials: Credentials = { for: () => Promise.resolve(credential) };
  const options = { credentials, retry: { retries: 1, firstPauseMs: 0 } };
  const [gitlab, writer] = [createGitLab(options), createGitLabWriter(options)];
  const { signal } = new AbortController();
  const checkout = mkdtempSync(join(tmpdir(), "bump-"));
  const how = { checkout, dryRun: false, terminal: SILENT, signal, now: NOW };
  try {
    return await bumpMany({ gitlab, writer, instance: url, groups, projects, allowed, ...how });
  } finally {
    await Promise.all([gitlab.close(), writer.close()]);
  }
}
