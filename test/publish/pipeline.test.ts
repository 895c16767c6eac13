/** The job that a product's own pipeline pastes, as the documentation has it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { openCache } from "../../src/cache/open-cache.js";
import { COMMANDS } from "../../src/commands/table.js";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/publishing.md", import.meta.url)), "utf8");
const [, JOB = ""] = /```yaml\n(publish:\n[^]*?)```/.exec(PAGE) ?? [];
const [, IDENTITY = ""] = /```yaml\n(id_tokens:[^]*?)```/.exec(PAGE) ?? [];

const Job = z.strictObject({
  image: z.string().regex(/^node:\d+$/),
  rules: z.array(z.strictObject({ if: z.string(), changes: z.array(z.string()) })),
  variables: z.record(z.string(), z.string()),
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

test("every command line of the page has a command and options that exist", () => {
  const lines = [...PAGE.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = ""]) => block.split("\n"));
  const ours = lines.filter((line) => line.startsWith("artifacts "));

  expect(ours.length).toBeGreaterThan(5);
  expect(ours.flatMap(unknownOptions)).toEqual([]);
});
