/** `artifacts publish --audience`: who could read it in the cache, against who may read it in GitLab. */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Lock } from "../../src/lock/schema.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { makeRepository, readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-audience0000000000000";

/** Projects by the artifact that they are for. */
const PROJECTS = {
  private: { path: "g/private", visibility: "private" },
  internal: { path: "g/internal", visibility: "internal" },
  public: { path: "g/public", visibility: "public" },
  /** Everybody sees the project, and its members alone see what its jobs make. */
  members: { path: "g/members", visibility: "public", publicJobs: false },
} as const;
const NAMES = Object.keys(PROJECTS);

let gitlab: EmbeddedGitLab;
let cwd: string;
let keys: ReadonlyMap<string, string>;
beforeAll(async () => {
  gitlab = await startGitLab({ knobs: { plan: "premium" } });
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  for (const [name, project] of Object.entries(PROJECTS)) {
    gitlab.addProject({ ...project, jobTokenAllowlist: ["g/publisher"] });
    const jobs = [{ name: "build", artifacts: { files: { [name]: `${name} 1\n` } } }];
    gitlab.addPipeline(project.path, { ref: "main", jobs });
  }
  const tools = `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(${JSON.stringify(NAMES)}.map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: \`g/\${name}\`,
  ref: { branch: "main" }, job: "build", file: name, systems: "any",
})));
`;
  const acme = { gitlab: gitlab.url, project: "g/public", file: "public" };
  cwd = makeRepository(acme, { "manifests/tools.ts": tools });
  expect(await runCli(["lock"], { cwd, env: { GITLAB_TOKEN: TOKEN } })).toMatchObject({ code: 0 });
  const lock = JSON.parse(readFiles(cwd)["artifacts.lock.json"] ?? "") as Lock; // written by the command above
  keys = new Map(
    NAMES.map((name) => [narInfoKey(lock.artifacts[name]?.systems["any"]?.storePath ?? ""), name]),
  );
});
afterAll(() => gitlab.close());

interface Published {
  readonly code: number | null;
  readonly stderr: string;
  /** What is in the cache. */
  readonly there: readonly string[];
}

async function publish(
  options: readonly string[],
  env: Record<string, string> = { GITLAB_TOKEN: TOKEN },
): Promise<Published> {
  const cache = mkdtempSync(join(tmpdir(), "cache-"));
  const { code, stdout, stderr } = await runCli(["publish", ...NAMES, "--to", cache, ...options], {
    cwd,
    env,
  });
  expect(stdout + stderr).not.toContain(TOKEN);
  return {
    code,
    stderr,
    there: readdirSync(cache)
      .flatMap((key) => keys.get(key) ?? [])
      .sort(),
  };
}

const MEMBERS = "in GitLab the members of its project may read it";
const ACCOUNTS = "everybody with an account on the instance";

test.each([
  ["of the projects' own members", [], [...NAMES].sort(), []],
  ["declared private", ["--audience", "private"], [...NAMES].sort(), []],
  [
    "for everybody with an account",
    ["--audience", "internal"],
    ["internal", "public"],
    [
      `private: ${MEMBERS} (g/private), in this cache ${ACCOUNTS} could`,
      `members: ${MEMBERS} (g/members), in this cache ${ACCOUNTS} could`,
    ],
  ],
  [
    "for everybody",
    ["--audience", "public"],
    ["public"],
    [
      `private: ${MEMBERS} (g/private), in this cache everybody could`,
      `members: ${MEMBERS} (g/members), in this cache everybody could`,
      `internal: in GitLab ${ACCOUNTS} may read it (g/internal), in this cache everybody could`,
    ],
  ],
  ["for everybody, when told so", ["--audience", "public", "--expose-private"], [...NAMES].sort(), []],
])("a cache %s", async (_, options, expected, said) => {
  const { code, stderr, there } = await publish(options);
  expect(there).toEqual(expected);
  expect(code).toBe(said.length === 0 ? 0 : 1);
  for (const words of said) expect(stderr).toContain(words);
  expect(stderr.match(/could$/gm) ?? []).toHaveLength(said.length);
  if (said.length > 0) expect(stderr).toContain("add --expose-private");
});

test("what a job token cannot know of a project counts as not for others, and the token is enough for a private cache", async () => {
  gitlab.addProject({ path: "g/publisher" });
  const jobs = [{ name: "publish", status: "running" as const }];
  const [job] = gitlab.addPipeline("g/publisher", { ref: "main", jobs }).jobs;
  const env = {
    GITLAB_CI: "true",
    CI_JOB_TOKEN: gitlab.issueJobToken(job?.id ?? 0),
    CI_SERVER_URL: gitlab.url,
  };
  expect(await publish([], env)).toMatchObject({ code: 0, there: [...NAMES].sort() });

  const { code, stderr, there } = await publish(["--audience", "public"], env);
  expect({ code, there }).toEqual({ code: 1, there: [] });
  for (const name of NAMES)
    expect(stderr).toContain(
      `${name}: it is not known who may read it in GitLab (g/${name}), and in this cache`,
    );
  expect(stderr).toContain("a token that may see the project, which a job token may not");
});

test("one project that the token may not see holds no other back", async () => {
  const narrow = "glpat-audiencenarrow0000000";
  gitlab.addToken({
    token: narrow,
    kind: "personal",
    scopes: ["read_api"],
    projects: ["g/internal", "g/public"],
  });
  const { code, stderr, there } = await publish(["--audience", "internal"], { GITLAB_TOKEN: narrow });
  expect({ code, there }).toEqual({ code: 1, there: ["internal", "public"] });
  expect(stderr).toContain("private: it is not known who may read it in GitLab (g/private)");
});

test("while GitLab says nothing at all, nothing is published", async () => {
  gitlab.fault({ path: /\/api\/v4\/projects\/\d+$/, kind: "html" });
  const { code, there } = await publish(["--audience", "public"]);
  gitlab.clearFaults();
  expect({ code, there }).toEqual({ code: 1, there: [] });
});
