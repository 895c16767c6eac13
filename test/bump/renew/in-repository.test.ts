/** What is wrong in a project is told by its own paths: nobody knows the folder that the bot reads it into. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { userErrorsOf, type UserError } from "../../../src/errors.js";
import { runCli } from "../../cli/run-cli.js";
import { type Company, PROJECT, startCompany, TOKEN } from "../company.js";

const MANIFEST = "manifests/acme.ts";

async function errorsOf(company: Company): Promise<readonly UserError[]> {
  try {
    return (await company.run()).errors;
  } catch (error) {
    return userErrorsOf(error) ?? Promise.reject(error);
  }
}

function commit(company: Company, change: (files: Map<string, string>) => Record<string, string>): void {
  const files = new Map(company.forge.repository.at("main")?.tree);
  company.forge.repository.commit("main", { files: change(files) });
}

test.each<[string, RegExp, string | undefined, Parameters<typeof commit>[1]]>([
  ["a manifest that cannot be read", /expected/, MANIFEST, () => ({ [MANIFEST]: "export default {" })],
  [
    "an import of what is not there",
    /there is no file manifests\/shared\.ts/,
    MANIFEST,
    () => ({ [MANIFEST]: 'import { a } from "./shared.js";\nexport default a;\n' }),
  ],
  [
    "an import from outside",
    /^\S*outside\.ts leads out of the repository$/,
    MANIFEST,
    () => ({ [MANIFEST]: 'import { a } from "../../outside.js";\nexport default a;\n' }),
  ],
  [
    "a name that is there twice",
    /declared twice: here and in manifests\/acme\.ts:3:/,
    "manifests/again.ts",
    (files) => ({ "manifests/again.ts": files.get(MANIFEST) ?? "" }),
  ],
  [
    "a folder of manifests that is not there",
    /^there is no folder elsewhere in the repository$/,
    undefined,
    (files) => ({
      "artifacts.config.ts": (files.get("artifacts.config.ts") ?? "").replace(
        "bump:",
        'manifests: "elsewhere", bump:',
      ),
    }),
  ],
  [
    "a configuration that is none",
    /unknown field/,
    "artifacts.config.ts",
    () => ({ "artifacts.config.ts": "export default { gitlap: 7 };\n" }),
  ],
  [
    "a lock with conflict markers",
    /conflict markers/,
    "artifacts.lock.json",
    () => ({ "artifacts.lock.json": "<<<<<<< HEAD\n" }),
  ],
  [
    "a job that is not there",
    /has no job "built"/,
    MANIFEST,
    (files) => ({ [MANIFEST]: (files.get(MANIFEST) ?? "").replace('job: "build"', 'job: "built"') }),
  ],
])("%s", async (_, says, file, change) => {
  const company = await startCompany();
  commit(company, change);

  const [error, ...others] = await errorsOf(company);

  expect(others).toEqual([]);
  expect(error?.message).toMatch(says);
  expect(error?.at?.file).toBe(file);
  expect(`${error?.message} ${error?.hint}`).not.toContain(tmpdir());
});

test("the command prints the path, and no line of a file of that name that happens to be here", async () => {
  const company = await startCompany();
  commit(company, (files) => ({
    [MANIFEST]: (files.get(MANIFEST) ?? "").replace('job: "build"', 'job: "built"'),
  }));
  const env = { GITLAB_TOKEN: TOKEN, GITLAB_HOST: company.gitlab.url };
  const cwd = mkdtempSync(join(tmpdir(), "elsewhere-"));

  const { code, stderr } = await runCli(["-C", cwd, "bump", "--project", PROJECT], {
    cwd: process.cwd(),
    env,
  });

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error RESOLVE_NO_JOB {2}manifests\/acme\.ts:3:\d+\n {2}Pipeline [^\n]*\n {2}fix: /,
  );
});

test("a configuration above the folder that it reads into is none of the project's", async () => {
  const company = await startCompany();
  company.build("acme", "acme 2");
  company.forge.repository.commit("main", {
    files: {
      "artifacts.config.ts": null,
      [MANIFEST]: (company.forge.repository.at("main")?.tree.get(MANIFEST) ?? "").replace(
        "project:",
        `gitlab: "${company.gitlab.url}", project:`,
      ),
    },
  });
  const shared = mkdtempSync(join(tmpdir(), "shared-"));
  writeFileSync(join(shared, "artifacts.config.ts"), 'export default { manifests: "planted" };\n');
  vi.stubEnv("TMPDIR", shared);

  const { errors, plan } = await company.run();

  expect(errors).toEqual([]);
  expect(plan.actions).toMatchObject([{ kind: "open", topic: { id: "acme" } }]);
});
