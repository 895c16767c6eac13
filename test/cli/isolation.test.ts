/** Many artifacts in one run: what they share is read once, the biggest come first, and one that fails spoils none of the others. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newConsumer } from "./consumer.js";
import { readFiles } from "./repository.js";

const consumer = newConsumer();

/** A pipeline of the project of that name, which is made when there is none. */
function build(
  name: string,
  files: Readonly<Record<string, string | { size: number; seed: number }>>,
): number {
  if (![...consumer.gitlab.state.projects.values()].some(({ path }) => path === `g/${name}`)) {
    consumer.gitlab.addProject({ path: `g/${name}` });
  }
  return consumer.gitlab.addPipeline(`g/${name}`, {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files } }],
  }).id;
}

interface Told {
  readonly code: number | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly hint?: string }[];
}

async function lock(...options: string[]): Promise<Told> {
  const { code, stdout } = await consumer.cli("lock", "--json", ...options);
  const { errors = [] } = JSON.parse(stdout) as { errors?: Told["errors"] };
  return { code, errors };
}

test("the biggest archives are downloaded first, eight at a time", async () => {
  await consumer.restart({ latencyMs: 200 }); // so that none has ended when the eighth is asked for
  const names = Array.from({ length: 12 }, (_, n) => `tool-${n}`);
  for (const [n, name] of names.entries()) build(name, { data: { size: 300_000 * (n + 1), seed: n } });
  consumer.declare(names.map((name) => ({ name, project: `g/${name}` })));
  expect(await lock()).toMatchObject({ code: 0 });

  const asked = consumer.gitlab.requests.filter(({ path }) => path.endsWith("/artifacts"));
  const projects = asked.map(({ path }) => Number(/projects\/(\d+)/.exec(path)?.[1]));
  expect(projects.slice(0, 8).sort((a, b) => b - a)).toEqual([12, 11, 10, 9, 8, 7, 6, 5]);
  expect(projects).toHaveLength(12);
});

test("bytes that several artifacts, systems and forms need are read once, and the statement about them", async () => {
  build("tool", { tool: "#!/bin/sh\n" });
  const common = { project: "g/tool", file: "tool" };
  consumer.declare([
    { ...common, name: "a", systems: { "x86_64-linux": {}, "aarch64-linux": {} } },
    { ...common, name: "b", form: "executable" },
    { ...common, name: "c" },
  ]);
  const config =
    'import { defineConfig } from "nix-artifacts";\nexport default defineConfig({ runnerStatements: true });\n';
  writeFileSync(join(consumer.cwd, "artifacts.config.ts"), config);
  expect(await lock()).toMatchObject({ code: 0 });

  const asked = consumer.gitlab.requests.flatMap(({ path }) => path.split("/artifacts/")[1] ?? []);
  expect(asked).toEqual(["tool", "artifacts-metadata.json"]);
  const { a, b, c } = consumer.locked();
  expect(Object.keys(a?.systems ?? {})).toEqual(["aarch64-linux", "x86_64-linux"]);
  expect(c?.systems["any"]?.hash).toBe(a?.systems["x86_64-linux"]?.hash);
  expect(b?.systems["any"]?.hash).toBe(b?.systems["any"]?.narHash);
});

test("whatever fails, the others are locked, what failed stays as it was, and all of it is told at the end", async () => {
  const names = ["gone", "jobless", "refused", "page", "damaged", "half", "fine", "well"];
  for (const name of names) build(name, { linux: `${name} 1`, mac: `${name} 1` });
  const declared = names.map((name) => ({
    name,
    project: `g/${name}`,
    ...(name === "damaged" ? { form: "unpacked" } : {}),
    ...(name === "half"
      ? { file: "{os}", systems: { "x86_64-linux": { os: "linux" }, "aarch64-darwin": { os: "mac" } } }
      : {}),
  }));
  consumer.declare(declared);
  expect(await lock()).toEqual({ code: 0, errors: [] });
  const before = consumer.locked();

  for (const name of names.slice(2)) build(name, { linux: `${name} 2` });
  const noArchive = Buffer.from("PK\u0003\u0004 and then nothing of a zip file");
  consumer.gitlab.addPipeline("g/damaged", { ref: "main", jobs: [{ name: "build", artifacts: noArchive }] });
  consumer.declare(
    declared.map((one) => ({
      ...one,
      ...(one.name === "gone" ? { project: "g/gome" } : {}),
      ...(one.name === "jobless" ? { job: "built" } : {}),
    })),
  );
  const downloadOf = (name: string) => new RegExp(`projects/${names.indexOf(name) + 1}/jobs/\\d+/artifacts`);
  consumer.gitlab.fault({ path: downloadOf("refused"), kind: "not-found", message: "404 Not Found" });
  consumer.gitlab.fault({ path: downloadOf("page"), kind: "html" });
  const told = await lock();

  expect(told.code).toBe(1);
  expect(told.errors.map(({ code }) => code).sort()).toEqual([
    "GITLAB_ARTIFACTS_NOT_FOUND",
    "GITLAB_PROJECT_NOT_FOUND",
    "GITLAB_SIGN_IN",
    "RESOLVE_NO_FILE",
    "RESOLVE_NO_JOB",
    "UNPACK_REFUSED",
  ]);
  const after = consumer.locked();
  for (const name of names.slice(0, 6)) expect(after[name], name).toEqual(before[name]);
  for (const name of names.slice(6)) expect(after[name], name).not.toEqual(before[name]);
});

test("other bytes under a locked job stop everything, and each of them is told with what else failed", async () => {
  const names = ["a", "b", "c", "d"];
  for (const name of names) build(name, { data: `${name} 1` });
  consumer.declare(names.map((name) => ({ name, project: `g/${name}`, file: "data" })));
  expect(await lock()).toEqual({ code: 0, errors: [] });
  const before = readFiles(consumer.cwd);

  build("c", { data: "c 2" });
  consumer.gitlab.fault({ path: /projects\/[12]\/jobs\/\d+\/artifacts/, kind: "wrong-bytes" });
  consumer.gitlab.fault({ path: /projects\/4\/jobs\/\d+\/artifacts/, kind: "html" });
  const { code, errors } = await lock("--rehash");

  expect(code).toBe(1);
  expect(errors.map(({ code }) => code)).toEqual([
    "SAME_JOB_OTHER_BYTES",
    "SAME_JOB_OTHER_BYTES",
    "GITLAB_SIGN_IN",
  ]);
  expect(errors[0]?.message).toMatch(
    /^a \(any\): job \d+ of g\/a now serves other bytes .* nothing was written$/,
  );
  expect(errors[0]?.hint).toMatch(/find out who replaced them.*run the job again and lock the new job/);
  expect(readFiles(consumer.cwd)).toEqual(before);
});

test("a run that asks for much at once says nothing of itself", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `tool-${index}`);
  for (const name of names) build(name, { [name]: name });
  consumer.declare(names.map((name) => ({ name, project: `g/${name}`, file: name })));

  const { code, stderr } = await consumer.cli("lock", "--quiet");

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
