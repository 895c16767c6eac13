import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { DEFAULTS, makeRepository, readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const READER = "glpat-keepreader00000000";
const WRITER = "glpat-keepwriter00000000";
const GUEST = "glpat-keepguest000000000";
const DAY = 86_400_000;

let gitlab: EmbeddedGitLab;
let repository: string;
let job: number;

beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: READER, kind: "personal", scopes: ["read_api"] });
  gitlab.addToken({ token: WRITER, kind: "personal", scopes: ["api"] });
  gitlab.addToken({ token: GUEST, kind: "personal", scopes: ["api"], role: "reporter" });
  gitlab.addProject({ path: "platform/acme", keepLatest: false });
  const pipeline = gitlab.addPipeline("platform/acme", { ref: "main" }).id;
  const artifacts = { files: { acme: "acme 1\n" } };
  job = gitlab.addJob("platform/acme", pipeline, { name: "build", artifacts }).id;
  repository = makeRepository({ gitlab: gitlab.url });
});

afterEach(() => gitlab.close());

test.each(["lock", "outdated", "show"])("%s says ahead of time what expires, and when", async (command) => {
  expiresIn(9.5);
  await cli(["lock"]);

  const people = await cli([command]);
  const script = await cli([command, "--json"]);

  const [, day] = /acme \(any\) expires on (\S+), in 9 days/.exec(people.stderr) ?? [];
  expect(day).toBe(new Date(Date.now() + 9.5 * DAY).toISOString().slice(0, 10));
  expect(people.stderr).toContain("run: artifacts lock --keep");
  expect(JSON.parse(script.stdout)).toMatchObject({
    expiring: [{ artifact: "acme", system: "any", job, days: 9 }],
  });
  expect([people.code, script.code]).toEqual([0, 0]);
});

test("how far ahead is the repository's to say", async () => {
  expiresIn(9.5);
  const warned = async (expiryWarningDays: unknown) => {
    const config = `export default ${JSON.stringify({ expiryWarningDays })};\n`;
    repository = makeRepository({ gitlab: gitlab.url }, { "artifacts.config.ts": config });
    return (await cli(["lock"])).stderr.includes("expires on");
  };

  expect([await warned(9), await warned(10), await warned(null)]).toEqual([false, true, false]);
});

test("outdated does not warn of what somebody had GitLab keep since", async () => {
  expiresIn(3);
  await cli(["lock"]);
  expiresIn(undefined);

  expect((await cli(["outdated"])).stderr).not.toContain("expires");
  expect((await cli(["show"])).stderr).toContain("expires");
});

test("lock --keep has GitLab keep what is locked, and asks once", async () => {
  expiresIn(3);
  const first = await cli(["lock", "--keep"], WRITER);
  const requests = gitlab.requests.length;
  const files = readFiles(repository);
  const second = await cli(["lock", "--keep"], WRITER);

  expect([first.code, first.stderr, second.code]).toEqual([0, "", 0]);
  expect(gitlab.state.jobById(job).artifacts?.expireAt).toBeNull();
  expect(files["artifacts.lock.json"]).toContain('"expiresAt": null');
  expect(readFiles(repository)).toEqual(files);
  expect(gitlab.requests.slice(requests).filter(({ method }) => method === "POST")).toEqual([]);
});

test.each([
  ["a scope", READER, /needs .*scope|scope api/],
  ["a role", GUEST, /role Developer/],
])(
  "lock --keep says what is missing when the token lacks %s, and locks all the same",
  async (_, token, hint) => {
    expiresIn(3);
    const { code, stderr } = await cli(["lock", "--keep"], token);

    expect(code).toBe(1);
    expect(stderr).toContain(`acme: job ${job} of platform/acme is not kept`);
    expect(stderr).toMatch(hint);
    expect(stderr).not.toContain(token);
    expect(readFiles(repository)["artifacts.lock.json"]).toContain(`"job": ${job}`);
  },
);

test("lock --keep says when it is too late, and keeps the others", async () => {
  const pipeline = gitlab.addPipeline("platform/acme", { ref: "other" }).id;
  const artifacts = { files: { acme: "other\n" } };
  const other = gitlab.addJob("platform/acme", pipeline, { name: "build", artifacts }).id;
  const second = { ...DEFAULTS, name: "other", gitlab: gitlab.url, ref: { branch: "other" } };
  const manifest = `export default ${JSON.stringify(second)};\n`;
  repository = makeRepository({ gitlab: gitlab.url }, { "manifests/other.ts": manifest });
  await cli(["lock"]);
  gitlab.expire(job);

  const { code, stderr } = await cli(["lock", "--keep"], WRITER);

  expect(code).toBe(1);
  expect(stderr).toMatch(`acme: job ${job} of platform/acme is not kept: its artifacts expired on 2`);
  expect(gitlab.state.jobById(other).artifacts?.expireAt).toBeNull();
});

function expiresIn(days: number | undefined): void {
  const { artifacts } = gitlab.state.jobById(job);
  if (artifacts === undefined) throw new Error("the job has no artifacts");
  artifacts.expireAt = days === undefined ? null : new Date(Date.now() + days * DAY);
}

function cli(args: readonly string[], token = READER) {
  return runCli(args, { cwd: repository, env: { GITLAB_TOKEN: token } });
}
