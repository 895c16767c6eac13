import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { DEFAULTS, makeRepository, readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-verify000000000000";
const env = { GITLAB_TOKEN: TOKEN };

let gitlab: EmbeddedGitLab;
let repository: string;
let job: number;

beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", keepLatest: false });
  const pipeline = gitlab.addPipeline("platform/acme", { ref: "main" }).id;
  job = gitlab.addJob("platform/acme", pipeline, {
    name: "build",
    artifacts: { files: { acme: "acme 1\n" } },
  }).id;
  repository = makeRepository({ gitlab: gitlab.url });
  expect(await runCli(["lock"], { cwd: repository, env })).toMatchObject({ code: 0 });
});

afterEach(() => gitlab.close());

test("verify finds what is locked, and downloads it", async () => {
  const { code, stdout } = await runCli(["verify"], { cwd: repository, env });

  expect({ code, stdout }).toEqual({ code: 0, stdout: "1 variants are what is locked\n" });
});

test.each([
  ["changed", () => gitlab.fault({ path: /\/artifacts/, kind: "wrong-bytes" })],
  ["erased", () => gitlab.erase(job)],
  ["missing", () => Object.assign(gitlab.state.jobById(job), { artifacts: undefined })],
  [
    "expired",
    () => {
      gitlab.expire(job);
      gitlab.cleanup();
    },
  ],
  ["forbidden", () => Object.assign(gitlab.state.jobById(job).artifacts ?? {}, { access: "none" })],
  ["project gone", () => gitlab.state.projects.clear()],
  ["failed", () => gitlab.fault({ path: /\/artifacts/, kind: "sign-in" })],
] as const)(
  "verify tells what is %s, for people and for scripts, and changes no file",
  async (verdict, spoil) => {
    spoil();
    const before = readFiles(repository);
    const people = await runCli(["verify"], { cwd: repository, env });
    const script = await runCli(["verify", "--json", "acme"], { cwd: repository, env });

    expect(people.stdout).toBe(
      `acme  any  ${verdict} (job ${job} of platform/acme)\n0 of 1 variants are what is locked\n`,
    );
    expect(JSON.parse(script.stdout)).toMatchObject({
      variants: [{ artifact: "acme", system: "any", verdict }],
    });
    expect([people.code, script.code]).toEqual([1, 1]);
    expect(people.stdout + people.stderr + script.stdout).not.toContain(TOKEN);
    expect(readFiles(repository)).toEqual(before);
  },
);

test("each variant has a verdict of its own", async () => {
  const { id } = gitlab.addPipeline("platform/acme", { ref: "other" });
  const artifacts = { files: { linux: "linux 1\n", mac: "mac 1\n" } };
  const other = gitlab.addJob("platform/acme", id, { name: "build", artifacts }).id;
  const systems = { "x86_64-linux": { os: "linux" }, "aarch64-darwin": { os: "mac" } };
  const tool = {
    ...DEFAULTS,
    name: "tool",
    gitlab: gitlab.url,
    ref: { branch: "other" },
    file: "{os}",
    systems,
  };
  repository = makeRepository(
    { gitlab: gitlab.url },
    { "manifests/tool.ts": `export default ${JSON.stringify(tool)};\n` },
  );
  await runCli(["lock"], { cwd: repository, env });
  gitlab.erase(job);
  gitlab.fault({ path: `/jobs/${other}/artifacts/mac`, kind: "wrong-bytes" });

  const { code, stdout } = await runCli(["verify", "--json"], { cwd: repository, env });

  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    variants: [
      { artifact: "acme", system: "any", verdict: "erased" },
      { artifact: "tool", system: "aarch64-darwin", verdict: "changed" },
      { artifact: "tool", system: "x86_64-linux", verdict: "same" },
    ],
  });
});
