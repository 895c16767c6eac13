/** The job that a product's own pipeline pastes, as the documentation has it. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { openCache } from "../../src/cache/open-cache.js";
import { COMMANDS } from "../../src/commands/table.js";
import type { Lock } from "../../src/lock/schema.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { makeRepository } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { projectPath } from "../nix/evaluate.js";
import { type NpmTarballs, serveNpmTarballs } from "../nix/package/npm-tarballs.js";
import { runProcess } from "../nix/process.js";
import { type S3Server, startS3, WRITER } from "../s3/start-s3.js";
import { startSts } from "../s3/start-sts.js";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/publishing.md", import.meta.url)), "utf8");
const [, JOB = ""] = /```yaml\n(publish:\n[^]*?)```/.exec(PAGE) ?? [];
const [, IDENTITY = ""] = /```yaml\n(id_tokens:[^]*?)```/.exec(PAGE) ?? [];

const Job = z.strictObject({
  image: z.string().regex(/^node:\d+$/),
  rules: z.array(z.strictObject({ if: z.string(), changes: z.array(z.string()) })),
  script: z.array(z.string()),
  id_tokens: z.record(z.string(), z.strictObject({ aud: z.string() })).optional(),
  before_script: z.array(z.string()).optional(),
});

function jobOf(yaml: string): z.infer<typeof Job> {
  return z.strictObject({ publish: Job }).parse(parse(yaml)).publish;
}

/** Options of an `artifacts` command line that its command does not have. */
function unknownOptions(line: string): string[] {
  const words = line.replace(/ #.*$/, "").split(/\s+/).slice(1);
  const command = COMMANDS.find(({ name }) => `${words.join(" ")} `.startsWith(`${name} `));
  if (command === undefined) return [`no command: ${line}`];
  const known = new Set(command.options.flatMap(({ flags }) => flags.split(/[ ,]+/)));
  return words.filter((word) => word.startsWith("--") && !known.has(word));
}

test("the job has ten lines or fewer, runs on a plain Node, and its command, options and cache exist", async () => {
  expect(JOB.trim().split("\n").length).toBeLessThanOrEqual(10);
  const [install, publish = ""] = jobOf(JOB).script;

  expect(install).toMatch(/^npm install --global /);
  expect(publish).toMatch(/^artifacts publish /);
  expect(unknownOptions(publish)).toEqual([]);
  const [, address = ""] = /--to "(.*?)"/.exec(publish) ?? [];
  const cache = await openCache(address, { cwd: "/", env: {} });
  expect(cache.name).toBe("s3://team-cache");
  await cache.close();
});

test("with the lines for a web identity it is a job, too, that leaves the token where the SDK reads it", () => {
  const { id_tokens = {}, before_script = [] } = jobOf(JOB + IDENTITY.replace(/^(?=.)/gm, "  "));
  const [name = ""] = Object.keys(id_tokens);
  const file = join(mkdtempSync(join(tmpdir(), "job-")), "token");

  const env = { ...process.env, [name]: "canary", AWS_WEB_IDENTITY_TOKEN_FILE: file };
  for (const line of before_script) execFileSync("sh", ["-e", "-c", line], { env });

  expect(readFileSync(file, "utf8")).toBe("canary");
  expect(statSync(file).mode & 0o077).toBe(0);
});

describe("its lines", () => {
  const TOKEN = "glpat-pipelinecanary0000000";
  const PLATFORM = "platform/acme";
  const PRODUCT = "platform/product";
  let place: string;
  let gitlab: EmbeddedGitLab;
  let s3: S3Server;
  let registry: NpmTarballs;
  /** What the runner gives to each job, and the variables of the project. */
  let variables: Record<string, string>;

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "pipeline-"));
    [gitlab, s3, registry] = await Promise.all([startGitLab(), startS3(), serveNpmTarballs()]);
    await s3.makeBucket("team-cache");
    gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
    gitlab.addProject({ path: PLATFORM, visibility: "private", jobTokenAllowlist: [PRODUCT] });
    const jobs = [{ name: "build", artifacts: { files: { acme: "acme 1\n", other: "other 1\n" } } }];
    gitlab.addPipeline(PLATFORM, { ref: "main", jobs });
    const packed = await runProcess(
      "npm",
      ["pack", "--ignore-scripts", "--silent", "--pack-destination", place],
      {
        cwd: projectPath("."),
      },
    );
    variables = {
      CI: "true",
      GITLAB_CI: "true",
      CI_SERVER_URL: gitlab.url,
      NIX_ARTIFACTS: join(place, packed.stdout.trim()),
      // What the job's network has in the place of the registry and of Amazon.
      NPM_CONFIG_REGISTRY: registry.url,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_EC2_METADATA_DISABLED: "true",
    };
  });
  afterAll(async () => {
    registry.close();
    await Promise.all([gitlab.close(), s3.stop()]);
  });

  /** A checkout of a repository that locks a file; a job needs the lock alone. */
  async function checkout(file: string): Promise<{ readonly folder: string; readonly storePath: string }> {
    const repository = makeRepository({ gitlab: gitlab.url, file });
    const locked = await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } });
    expect(locked).toMatchObject({ code: 0 });
    const folder = mkdtempSync(join(place, "checkout-"));
    cpSync(join(repository, "artifacts.lock.json"), join(folder, "artifacts.lock.json"));
    const lock = JSON.parse(readFileSync(join(folder, "artifacts.lock.json"), "utf8")) as Lock; // written just now
    return { folder, storePath: lock.artifacts["acme"]?.systems["any"]?.storePath ?? "" };
  }

  /** As a runner with an image that has Node and nothing else: no home, no program, no variable of anybody before. */
  async function runJob(yaml: string, cwd: string, own: Record<string, string>) {
    const image = mkdtempSync(join(place, "image-"));
    const bin = join(image, "bin");
    mkdirSync(bin);
    for (const program of ["node", "npm", "sh", "env"]) {
      const { stdout } = await runProcess("which", [program], { env: { PATH: process.env["PATH"] } });
      symlinkSync(stdout.trim(), join(bin, program));
    }
    const { before_script = [], script, id_tokens = {} } = jobOf(yaml);
    const tokens = Object.fromEntries(
      Object.entries(id_tokens).map(([name, { aud }]) => [name, `id-token for ${aud}`]),
    );
    return runProcess("sh", ["-e", "-c", [...before_script, ...script].join("\n")], {
      cwd,
      env: { PATH: bin, HOME: image, NPM_CONFIG_PREFIX: image, ...variables, ...tokens, ...own },
    });
  }

  async function narInfoOf(storePath: string): Promise<string> {
    return (await fetch(`${s3.url}/team-cache/${narInfoKey(storePath)}`)).text();
  }

  test(
    "install the package and fill the bucket, from an image that has only Node",
    { timeout: 120_000 },
    async () => {
      const { folder, storePath } = await checkout("acme");
      const own = { GITLAB_TOKEN: TOKEN, AWS_ACCESS_KEY_ID: WRITER.id, AWS_SECRET_ACCESS_KEY: WRITER.secret };
      const { code, stdout, stderr } = await runJob(JOB, folder, own);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("s3://team-cache: 1 published, 0 already there");
      expect(await narInfoOf(storePath)).toContain(`StorePath: ${storePath}\n`);
      expect(stdout + stderr).not.toContain(TOKEN);
      expect(stdout + stderr).not.toContain(WRITER.secret);
    },
  );

  test(
    "do it with a role that the job's ID token takes on, and the job's own token",
    { timeout: 120_000 },
    async () => {
      const { folder, storePath } = await checkout("other");
      const asked: URLSearchParams[] = [];
      const sts = await startSts(WRITER, asked);
      gitlab.knobs.plan = "premium";
      gitlab.addProject({ path: PRODUCT });
      const [job] = gitlab.addPipeline(PRODUCT, {
        ref: "main",
        jobs: [{ name: "publish", status: "running" }],
      }).jobs;
      const own = {
        CI_JOB_TOKEN: gitlab.issueJobToken(job?.id ?? 0),
        AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/publisher",
        AWS_WEB_IDENTITY_TOKEN_FILE: join(place, "aws-id-token"),
        AWS_ENDPOINT_URL_STS: sts.url,
      };
      const { code, stdout, stderr } = await runJob(JOB + IDENTITY.replace(/^(?=.)/gm, "  "), folder, own);
      sts.close();
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("s3://team-cache: 1 published, 0 already there");
      expect(await narInfoOf(storePath)).toContain(`StorePath: ${storePath}\n`);
      expect(asked.map((form) => form.get("WebIdentityToken"))).toEqual(["id-token for sts.amazonaws.com"]);
    },
  );
});

test("every command line of the page has a command and options that exist", () => {
  const lines = [...PAGE.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = ""]) => block.split("\n"));
  const ours = lines.filter((line) => line.startsWith("artifacts "));

  expect(ours.length).toBeGreaterThan(5);
  expect(ours.flatMap(unknownOptions)).toEqual([]);
});
