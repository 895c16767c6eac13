/** What a scheduled pipeline sees: the job that people paste, the component that they include, and the report on its page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import { parseAllDocuments, parse } from "yaml";
import { z } from "zod";
import { printJunit, suiteOfErrors } from "../../src/commands/bump-junit.js";
import { COMMANDS } from "../../src/commands/table.js";
import { UserError } from "../../src/errors.js";
import { runCli } from "../cli/run-cli.js";
import { checkout, PROJECT, startCompany, TOKEN } from "./company.js";

const Job = z.object({
  rules: z.array(z.object({ if: z.string() })),
  resource_group: z.string(),
  script: z.array(z.string()),
  artifacts: z.object({ when: z.literal("always"), reports: z.object({ junit: z.string() }) }),
});
const Inputs = z.record(z.string(), z.object({ default: z.string(), description: z.string() }));

function fileOf(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
}

/** As GitLab does it before it reads the second document (GitLab documentation, "CI/CD inputs"). */
function componentWith(given: Readonly<Record<string, string>>): z.infer<typeof Job> {
  const [head = "", body = ""] = fileOf("templates/bump.yml").split(/^---$/m);
  const { spec } = z.object({ spec: z.object({ inputs: Inputs }) }).parse(parse(head));
  const filled = body.replace(/\$\[\[ inputs\.([a-z]+) \]\]/g, (_, name: string) => {
    const value = given[name] ?? spec.inputs[name]?.default;
    if (value === undefined) throw new Error(`there is no input ${name}`);
    return value;
  });
  return z.strictObject({ "artifacts-bump": Job }).parse(parse(filled))["artifacts-bump"];
}

function expectRunnable({ script, artifacts }: z.infer<typeof Job>): void {
  const line = script.find((one) => one.startsWith("artifacts ")) ?? "";
  const [, name, ...words] = line.trim().split(/\s+/);
  const command = COMMANDS.find((one) => one.name === name);
  const known = command?.options.map(({ flags }) => flags.split(" ")[0]);
  expect(words.filter((word) => word.startsWith("--")).filter((flag) => !known?.includes(flag))).toEqual([]);
  expect(words[words.indexOf("--junit") + 1]).toBe(artifacts.reports.junit);
}

test("the component is a job of two documents, whose command and options exist", () => {
  expect(parseAllDocuments(fileOf("templates/bump.yml"))).toHaveLength(2);
  expectRunnable(componentWith({}));
  expectRunnable(componentWith({ options: "--dry-run", install: "npm install --global nix-artifacts" }));
});

test("the job in the documentation is that of the component", () => {
  const [, text = ""] = /```yaml\n(bump:\n[^]*?)```/.exec(fileOf("docs/bump.md")) ?? [];
  const { bump } = z.object({ bump: Job }).parse(parse(text));
  const { script, ...component } = componentWith({});

  expectRunnable(bump);
  expect(bump).toMatchObject(component);
  expect(script.map((line) => line.trim())).toEqual(expect.arrayContaining(bump.script));
});

test("every component that the documentation includes has its inputs", () => {
  const [, text = ""] = /```yaml\n(include:\n[^]*?)```/.exec(fileOf("docs/bump.md")) ?? [];
  const included = z.object({
    include: z.tuple([z.object({ component: z.string(), inputs: z.record(z.string(), z.string()) })]),
  });
  const [{ component, inputs }] = included.parse(parse(text)).include;
  const { spec } = z
    .object({ spec: z.object({ inputs: Inputs }) })
    .parse(parse(fileOf("templates/bump.yml").split(/^---$/m)[0] ?? ""));

  expect(component).toMatch(/\/bump@/);
  expect(Object.keys(inputs).filter((name) => !(name in spec.inputs))).toEqual([]);
});

test("the report and --json tell each artifact with its own errors, and a failure ends the run with 1 after the others", async () => {
  const company = await startCompany({
    tools: ["acme", "brisk", "crane", "drill", "edge"],
    config: 'maximumOpen: 1, rules: [{ artifacts: ["acme", "edge"], group: "pair" }]',
  });
  company.build("acme", "acme 2");
  company.build("edge", "edge 2");
  await company.run();
  for (const tool of ["acme", "edge", "brisk", "crane"]) company.build(tool, `${tool} 3`);
  company.gitlab.fault({ kind: "answer", status: 403, body: "{}", method: "PUT", path: "merge_requests/1" });
  const manifest = company.forge.repository.at("main")?.tree.get("manifests/crane.ts") ?? "";
  company.forge.repository.commit("main", {
    files: { "manifests/crane.ts": manifest.replace("platform/crane", "platform/gone") },
  });
  const cwd = checkout(company);
  const env = { GITLAB_TOKEN: TOKEN, CI_SERVER_URL: company.gitlab.url, CI_PROJECT_PATH: PROJECT };

  const { code, stdout } = await runCli(["bump", "--json", "--junit", "out/report.xml"], { cwd, env });

  expect(code).toBe(1);
  const url = `${company.gitlab.url}/${PROJECT}/-/merge_requests/1`;
  const forbidden = {
    "@classname": PROJECT,
    failure: { "#text": expect.stringContaining("403") },
    "system-out": `failed\n${url}`,
  };
  expect(read(readFileSync(join(cwd, "out/report.xml"), "utf8"))).toMatchObject([
    { ...forbidden, "@name": "acme" },
    { "@name": "brisk", "system-out": "too many open" },
    { "@name": "crane", failure: { "#text": expect.stringContaining("platform%2Fgone") } },
    { "@name": "drill", "system-out": "up to date" },
    { ...forbidden, "@name": "edge" },
  ]);
  expect(JSON.parse(stdout)).toMatchObject({
    artifacts: [
      {
        artifact: "acme",
        outcome: "failed",
        mergeRequest: { iid: 1 },
        errors: [{ code: "GITLAB_FORBIDDEN" }],
      },
      { artifact: "brisk", outcome: "too many open", mergeRequest: null },
      { artifact: "crane", outcome: "failed", errors: [{ code: expect.stringMatching(/^GITLAB_/) }] },
      { artifact: "drill", outcome: "up to date" },
      { artifact: "edge", outcome: "failed", errors: [{ code: "GITLAB_FORBIDDEN" }] },
    ],
  });
});

test("of problems that belong to no artifact, those of a kind are one case, which names them all", () => {
  const errors = ["alice", "bob"].map((name) => new UserError("BUMP_UNKNOWN_USER", `no user "${name}"`));

  expect(read(printJunit([suiteOfErrors(PROJECT, [...errors, new UserError("X", "x")])]))).toMatchObject([
    { "@name": "BUMP_UNKNOWN_USER", failure: { "#text": 'no user "alice"\n\nno user "bob"' } },
    { "@name": "X" },
  ]);
});

test("a run that cannot begin leaves a report, too", async () => {
  const company = await startCompany();
  const cwd = checkout(company);
  company.forge.repository.commit("main", { files: { "manifests/acme.ts": "export default 7;" } });
  const env = { GITLAB_TOKEN: TOKEN, CI_SERVER_URL: company.gitlab.url, CI_PROJECT_PATH: PROJECT };

  const { code } = await runCli(["bump", "--junit", "report.xml"], { cwd, env });

  expect(code).toBe(1);
  expect(read(readFileSync(join(cwd, "report.xml"), "utf8"))).toMatchObject([{ failure: expect.anything() }]);
});

test("a report that cannot be written hides neither what was done nor what failed", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"] });
  company.build("brisk", "brisk 2");
  company.gitlab.fault({ kind: "not-found", message: "404 Not found", path: "platform%2Facme/pipelines" });
  const env = { GITLAB_TOKEN: TOKEN, CI_SERVER_URL: company.gitlab.url, CI_PROJECT_PATH: PROJECT };
  const words = ["bump", "--json", "--junit", "artifacts.config.ts/report.xml"];
  const cwd = checkout(company);

  const one = await runCli(words, { cwd, env });
  const many = await runCli([...words, "--group", "platform"], { cwd, env });
  const none = await runCli([...words, "--project", "platform/nowhere"], { cwd, env });

  expect(JSON.parse(one.stdout)).toMatchObject({
    actions: [{ topic: "brisk", outcome: "opened" }],
    errors: [{ code: "GITLAB_NOT_FOUND" }, { code: "WRITE_FAILED" }],
  });
  expect(JSON.parse(many.stdout)).toMatchObject({
    projects: [{ project: PROJECT, waiting: [{ topic: "brisk", mergeRequest: { iid: 1 } }] }],
    errors: [{ code: "GITLAB_NOT_FOUND" }, { code: "WRITE_FAILED" }],
  });
  expect(JSON.parse(none.stdout)).toMatchObject({
    errors: [{ code: "GITLAB_PROJECT_NOT_FOUND" }, { code: "WRITE_FAILED" }],
  });
  expect([one.code, many.code, none.code]).toEqual([1, 1, 1]);
});

test("hostile words leave the report well-formed, and no token is in it", () => {
  const text = `</failure><x y="1">&lt;]]>\u0000\u0008\uFFFE\uD800 ${TOKEN} 'a' "b"`;

  const report = printJunit([suiteOfErrors('a"b<c', [new UserError("X", text, { hint: text })])]);

  expect(XMLValidator.validate(report)).toBe(true);
  expect(report).not.toContain("canary");
  expect(read(report)).toMatchObject([{ "@classname": 'a"b<c', "@name": "X" }]);
});

function read(report: string): unknown {
  expect(XMLValidator.validate(report)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    isArray: (name) => name === "testcase",
  });
  const Report = z.object({
    testsuites: z.object({ testsuite: z.object({ testcase: z.array(z.unknown()) }) }),
  });
  return Report.parse(parser.parse(report)).testsuites.testsuite.testcase;
}
