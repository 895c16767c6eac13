import { expect, test } from "vitest";
import { runCli } from "../../cli/run-cli.js";
import { checkout, PROJECT, startCompany, TOKEN, type Company } from "../company.js";

async function refusalsOf({ run }: Company): Promise<unknown> {
  return (await run()).plan.waiting.map(({ why, refusals }) => [
    why,
    refusals?.map(({ policy, found }) => [policy, found]),
  ]);
}

test.each([
  ["protectedRefs: true", "protectedRefs", "main is not protected"],
  ['projects: ["platform/other", "elsewhere/*"]', "projects", "platform/acme"],
  [
    "maximumSizeChangePercent: 20",
    "maximumSizeChangePercent",
    expect.stringMatching(/^6 → 18 bytes, which is 200 %$/),
  ],
])("with { %s } an update that breaks it is not proposed", async (policy, field, found) => {
  const company = await startCompany({ config: `policy: { ${policy} }` });
  company.build("acme", "acme 2, but larger");

  expect(await refusalsOf(company)).toEqual([["refused by the policy", [[field, found]]]]);
  expect(company.writes()).toEqual([]);
});

test.each([
  [
    "protectedRefs: true",
    /projects\/\d+\/repository\/branches\/main$/,
    /^main is not known: .* answered 501/,
  ],
  ['pipelineStatus: "success"', /pipelines\/\d+$/, /^\d+ is not known: .* answered 501/],
])(
  "with { %s } what GitLab does not tell is not proposed, the reason is told, and others are proposed",
  async (policy, path, found) => {
    const company = await startCompany({ config: `policy: { ${policy} }`, tools: ["acme", "brisk"] });
    for (const tool of ["acme", "brisk"]) {
      Object.assign(company.gitlab.forge(`platform/${tool}`).project, { protectedRefs: ["main"] });
      company.build(tool);
    }
    company.gitlab.fault({ method: "GET", path, kind: "answer", status: 501, times: 1 });

    expect(await refusalsOf(company)).toEqual([
      ["refused by the policy", [[expect.any(String), expect.stringMatching(found)]]],
    ]);
    expect(company.open()).toHaveLength(1);
  },
);

test("what fulfils the whole policy is proposed", async () => {
  const config =
    'policy: { protectedRefs: true, projects: ["platform/*"], pipelineStatus: "success", maximumSizeChangePercent: 200 }';
  const company = await startCompany({ config });
  const { project } = company.gitlab.forge("platform/acme");
  Object.assign(project, { protectedRefs: ["main"] });
  company.build("acme", "acme 2, but larger");

  await company.run();

  expect(company.open()).toHaveLength(1);
});

test("a pipeline that failed around its job is refused where the policy asks for more than the manifest", async () => {
  const company = await startCompany({ config: 'policy: { pipelineStatus: "success" }' });
  const { forge, gitlab } = company;
  const manifest = forge.repository.at("main")?.tree.get("manifests/acme.ts") ?? "";
  forge.repository.commit("main", {
    files: { "manifests/acme.ts": manifest.replace('"main" }', '"main", pipelineStatus: "any" }') },
  });
  const createdAt = company.clock.now.toISOString();
  const { id } = gitlab.addPipeline("platform/acme", { ref: "main", status: "failed", createdAt });
  gitlab.addJob("platform/acme", id, { name: "build", artifacts: { files: { tool: "acme 2" } } });

  expect(await refusalsOf(company)).toEqual([
    ["refused by the policy", [["pipelineStatus", `${id} is failed`]]],
  ]);
});

test("what is open already is not merged when the policy has become stricter, and stays open", async () => {
  const company = await startCompany({
    config: "automerge: true, policy: { maximumSizeChangePercent: 500 }",
  });
  company.gitlab.knobs.mergeabilityChecks = 0;
  company.build("acme", "acme 2, but larger");
  await company.run();
  const config = company.forge.repository.at("main")?.tree.get("artifacts.config.ts") ?? "";
  company.forge.repository.commit("main", { files: { "artifacts.config.ts": config.replace("500", "20") } });
  company.writes();

  expect(await refusalsOf(company)).toMatchObject([["refused by the policy", [{}]]]);
  expect(company.writes()).toEqual([]);
  expect(company.open()).toHaveLength(1);
});

test("a rule adds to the policy of all, and the report says what was expected", async () => {
  const config =
    'policy: { protectedRefs: true }, rules: [{ artifacts: ["acme"], policy: { projects: ["elsewhere/*"] } }]';
  const company = await startCompany({ config });
  company.build("acme", "acme 2");
  const env = { GITLAB_TOKEN: TOKEN, CI_SERVER_URL: company.gitlab.url, CI_PROJECT_PATH: PROJECT };

  const { stdout } = await runCli(["bump"], { cwd: checkout(company), env });

  expect(stdout).toBe(
    `refused by the policy  artifacts/acme
  acme (any): expected a protected branch or tag, found main is not protected
  acme (any): expected a project of elsewhere/*, found platform/acme
`,
  );
});
