/** A company whose GitLab builds tools in one project and locks them in another; the bot runs in the second. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { bump } from "../../src/bump/bump.js";
import type { Tended } from "../../src/bump/tend.js";
import { topicsOf, type Topic } from "../../src/bump/renew/topic.js";
import { DEFAULT_BUMP } from "../../src/config/bump.js";
import type { Credentials } from "../../src/credentials/credentials.js";
import { createGitLab } from "../../src/gitlab/client.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { createGitLabWriter, type GitLabWriter } from "../../src/gitlab/writer.js";
import { parseLock } from "../../src/lock/read.js";
import type { Lock, LockedVariant } from "../../src/lock/schema.js";
import type { Forge, MergeRequest } from "../../src/simulator/state/forge.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import type { Terminal } from "../../src/terminal/terminal.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

export const TOKEN = "glpat-canary0canary0canary0";
export const PROJECT = "platform/packages";
export const NOW = new Date("2026-11-20T12:00:00Z");

const nothing = () => {};
export const SILENT: Terminal = {
  warn: nothing,
  log: nothing,
  detail: nothing,
  step: nothing,
  plan: nothing,
  transfer: nothing,
  transferred: nothing,
  clear: nothing,
};

export interface RunOptions {
  readonly dryRun?: boolean;
  readonly checkout?: string;
  /** What stands between the bot and GitLab's writing side. */
  readonly through?: (writer: GitLabWriter) => GitLabWriter;
  /** The same for its reading side. */
  readonly seeing?: (gitlab: GitLab) => GitLab;
}

export interface Company {
  readonly gitlab: EmbeddedGitLab;
  readonly forge: Forge;
  /** Where `now` can be moved. */
  readonly clock: { now: Date };
  /** A pipeline of the tool's project with new bytes; says which. */
  build(tool: string, content?: string): void;
  /** One run of the bot. */
  run(options?: RunOptions): Promise<Tended>;
  /** What is locked at a ref: the content of each tool's job. */
  locked(ref: string): Lock;
  open(): readonly MergeRequest[];
  /** Requests other than GET since the last call. */
  writes(): readonly string[];
  mergeByPerson(iid: number): void;
}

/** @param tools names, each a project with one pipeline, all locked on main */
export async function startCompany({
  tools = ["acme"],
  config = "",
  latencyMs = 0,
  mergeTrains = false,
}: {
  readonly tools?: readonly string[];
  readonly config?: string;
  readonly latencyMs?: number;
  readonly mergeTrains?: boolean;
} = {}): Promise<Company> {
  const clock = { now: NOW };
  const gitlab = await startGitLab({ now: () => clock.now, latencyMs });
  onTestFinished(() => gitlab.close());
  gitlab.addToken({ token: TOKEN, kind: "project", scopes: ["api"], user: "bot", role: "maintainer" });
  gitlab.addToken({
    token: "glpat-alice",
    kind: "personal",
    scopes: ["api"],
    user: "alice",
    role: "maintainer",
  });
  gitlab.addProject({ path: PROJECT, mergeTrains });
  for (const tool of tools) gitlab.addProject({ path: `platform/${tool}` });
  const forge = gitlab.forge(PROJECT);
  forge.repository.commit("main", { files: filesOf(gitlab.url, tools, config) });
  let seen = 0;
  const company: Company = {
    gitlab,
    forge,
    clock,
    build(tool, content = `${tool} at ${clock.now.toISOString()} ${gitlab.state.jobs.size}`) {
      const createdAt = clock.now.toISOString();
      const { id } = gitlab.addPipeline(`platform/${tool}`, { ref: "main", createdAt });
      gitlab.addJob(`platform/${tool}`, id, { name: "build", artifacts: { files: { tool: content } } });
    },
    run: (options) => runBot(gitlab, clock, options),
    locked: (ref) =>
      parseLock(forge.repository.at(ref)?.tree.get("artifacts.lock.json") ?? "", "artifacts.lock.json"),
    open: () => forge.mergeRequests.filter(({ state }) => state === "opened"),
    writes() {
      const fresh = gitlab.requests.slice(seen).filter(({ method, path }) => {
        return method !== "GET" && path !== "/api/graphql"; // queries only
      });
      seen = gitlab.requests.length;
      return fresh.map(({ method, path }) => `${method} ${path.replace(/^.*%2Fpackages/, "")}`);
    },
    mergeByPerson(iid) {
      const request = forge.mergeRequests[iid - 1];
      if (request === undefined) throw new RangeError(`there is no !${iid}`);
      const commit = forge.repository.merge(request.sourceBranch, "main", "Merge");
      if (commit === undefined) throw new Error(`!${iid} conflicts`);
      request.state = "merged";
      forge.repository.branches.delete(request.sourceBranch);
      forge.branchMoved("main", 1);
    },
  };
  for (const tool of tools) company.build(tool, `${tool} 1`);
  await lockOnMain(company);
  company.writes();
  return company;
}

function filesOf(url: string, tools: readonly string[], bumpConfig: string): Record<string, string> {
  const manifests = tools.map((name) => [
    `manifests/${name}.ts`,
    `import { defineArtifact } from "nix-artifacts";
export default defineArtifact({
  name: "${name}", project: "platform/${name}", ref: { branch: "main" }, job: "build", file: "tool", systems: "any",
});
`,
  ]);
  const config = `import { defineConfig } from "nix-artifacts";
export default defineConfig({ gitlab: "${url}", bump: { ${bumpConfig} } });
`;
  return { "artifacts.config.ts": config, ...Object.fromEntries(manifests) };
}

/** As `artifacts lock` and a push would leave it: the bot's own first proposals, merged. */
async function lockOnMain(company: Company): Promise<void> {
  const { forge } = company;
  const first = forge.repository.at("main")?.tree.get("artifacts.config.ts") ?? "";
  forge.repository.commit("main", {
    files: {
      "artifacts.config.ts": first.replace(
        /bump: \{[^]*\} \}\);/,
        'bump: { rules: [{ artifacts: ["*"], group: "all" }] } });',
      ),
    },
  });
  await company.run();
  for (const { iid } of company.open()) company.mergeByPerson(iid);
  forge.repository.commit("main", { files: { "artifacts.config.ts": first } });
  forge.mergeRequests.length = 0;
}

async function runBot(
  { url }: EmbeddedGitLab,
  clock: { readonly now: Date },
  {
    dryRun = false,
    checkout = mkdtempSync(join(tmpdir(), "bump-")),
    through = (it) => it,
    seeing = (it) => it,
  }: RunOptions = {},
): Promise<Tended> {
  const credential = { headers: { "private-token": TOKEN }, source: "GITLAB_TOKEN" };
  const credentials: Credentials = { for: () => Promise.resolve(credential) };
  const options = { credentials, retry: { retries: 2, firstPauseMs: 0 } };
  const [gitlab, writer] = [createGitLab(options), createGitLabWriter(options)];
  const { signal } = new AbortController();
  const address = { instance: url, project: PROJECT };
  const rest = { checkout, dryRun, terminal: SILENT, signal, now: clock.now };
  try {
    return await bump({ gitlab: seeing(gitlab), writer: through(writer), address, ...rest });
  } finally {
    await Promise.all([gitlab.close(), writer.close()]);
  }
}

/** One artifact whose job changed, without a GitLab. */
export function topicOfAcme(variant: Partial<LockedVariant> = {}): Topic {
  const before = makeLock();
  const systems = { "x86_64-linux": makeVariant({ job: 78001, commit: "a".repeat(40), ...variant }) };
  const after = makeLock({ acme: makeArtifact({ systems }) });
  const [topic] = topicsOf(DEFAULT_BUMP, { target: { branch: "main", isDefault: true }, before, after });
  if (topic === undefined) throw new Error("there is no topic");
  return topic;
}

/** The files of main in a directory, as a CI job finds them. */
export function checkout({ forge }: Company): string {
  const directory = mkdtempSync(join(tmpdir(), "checkout-"));
  for (const [path, text] of forge.repository.at("main")?.tree ?? []) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}
