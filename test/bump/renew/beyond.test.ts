import { expect, test } from "vitest";
import { startCompany, type Company } from "../company.js";

function tag({ gitlab, clock }: Company, name: string, { built = true } = {}): void {
  const { project } = gitlab.forge("platform/acme");
  const createdAt = clock.now.toISOString();
  const pipeline = gitlab.addPipeline("platform/acme", { ref: name, tag: true, createdAt });
  Object.assign(project, { tags: [...project.tags, { name, commit: pipeline.sha, committedAt: clock.now }] });
  if (built)
    gitlab.addJob("platform/acme", pipeline.id, {
      name: "build",
      artifacts: { files: { tool: `acme ${name}` } },
    });
}

/** Locked at v1.0.0 with a manifest of this ref. */
async function lockedAt(ref: string, config = "beyondRange: true"): Promise<Company> {
  const company = await startCompany({ config });
  manifest(company, (text) => text.replace('{ branch: "main" }', ref));
  tag(company, "v1.0.0");
  await company.run();
  company.mergeByPerson(1);
  company.writes();
  return company;
}

function manifest({ forge }: Company, change: (text: string) => string): void {
  const text = forge.repository.at("main")?.tree.get("manifests/acme.ts") ?? "";
  forge.repository.commit("main", { files: { "manifests/acme.ts": change(text) } });
}

test.each([
  ['{ semver: "^1" /* the stable ones */ }', '{ semver: "^2" /* the stable ones */ }'],
  ['{ tag: "v1.0.0" }', '{ tag: "v2.1.0" }'],
])(
  "%s: manifest, lock and overlay change in one commit, and a second run writes nothing",
  async (from, to) => {
    const company = await lockedAt(from);
    tag(company, "v2.1.0");
    const before = company.forge.repository.at("main")?.tree.get("manifests/acme.ts") ?? "";

    const { errors, held } = await company.run();

    expect({ errors, held }).toEqual({ errors: [], held: [] });
    expect(company.writes()).toEqual(["POST /repository/commits", "POST /merge_requests"]);
    expect(company.forge.repository.ahead("artifacts/acme", "main")).toHaveLength(1);
    expect(company.forge.repository.at("artifacts/acme")?.tree.get("manifests/acme.ts")).toBe(
      before.replace(from, to),
    );
    expect(company.locked("artifacts/acme").artifacts["acme"]).toMatchObject({
      ref: to.includes("semver") ? { semver: "^2" } : { tag: "v2.1.0" },
      systems: { any: { ref: "v2.1.0" } },
    });
    expect(company.open()[0]?.description).toContain("In `manifests/acme.ts`, ");
    await company.run();
    expect(company.writes()).toEqual([]);
    company.mergeByPerson(2);
    await company.run();
    expect(company.writes()).toEqual([]);
  },
);

test("a newer tag within the range is proposed, and the manifest stays as it is", async () => {
  const company = await lockedAt('{ semver: "^1" }', "");
  tag(company, "v1.4.0");

  await company.run();

  expect(company.open()).toMatchObject([{ title: "Update acme to 1.4.0" }]);
  expect(company.locked("artifacts/acme").artifacts["acme"]?.systems["any"]?.ref).toBe("v1.4.0");
  const { repository } = company.forge;
  const manifestAt = (ref: string) => repository.at(ref)?.tree.get("manifests/acme.ts");
  expect(manifestAt("artifacts/acme")).toBe(manifestAt("main"));
});

test("without the setting the range holds, and so it does for versions that are ignored", async () => {
  const strict = await lockedAt('{ semver: "^1" }', "");
  tag(strict, "v2.0.0");
  await strict.run();
  expect(strict.writes()).toEqual([]);

  const company = await lockedAt('{ semver: "^1" }', 'beyondRange: true, ignoreVersions: ["2.x", "1.5.0"]');
  for (const name of ["v2.0.0", "v2.1.0", "v1.5.0"]) tag(company, name);
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("a tag without the job, and a range of several parts, are held and told; the range goes on", async () => {
  const company = await lockedAt('{ semver: "^1" }');
  tag(company, "v2.0.0", { built: false });
  tag(company, "v1.1.0");

  const { errors, held } = await company.run();

  expect(errors).toEqual([]);
  expect(held).toMatchObject([{ artifact: "acme", tag: "v2.0.0" }]);
  expect(company.locked("artifacts/acme").artifacts["acme"]?.systems["any"]?.ref).toBe("v1.1.0");

  manifest(company, (text) => text.replace("^1", ">=1 <2"));
  expect((await company.run()).held).toMatchObject([{ why: expect.stringContaining("several parts") }]);
});

test("a ref that several artifacts share is explained, not edited", async () => {
  const company = await lockedAt('{ semver: "^1" }');
  tag(company, "v2.0.0");
  manifest(
    company,
    () => `import { defineArtifacts } from "nix-artifacts";
const tool = (name: string) => ({
  name, project: "platform/acme", ref: { semver: "^1" }, job: "build", file: "tool", systems: "any" as const,
});
export default defineArtifacts([tool("acme"), tool("other")]);
`,
  );

  const { held } = await company.run();

  expect(held).toMatchObject([
    { artifact: "acme", tag: "v2.0.0", why: "its ref is shared with other" },
    { artifact: "other", tag: "v2.0.0", why: "its ref is shared with acme" },
  ]);
});

test("the tags of a project are asked for as often for two artifacts as for one", async () => {
  const company = await lockedAt('{ semver: "^1" }');
  const asked = async () => {
    const before = company.gitlab.requests.length;
    await company.run();
    return company.gitlab.requests.slice(before).filter(({ path }) => /\/repository\/tags(\?|$)/.test(path))
      .length;
  };
  const forOne = await asked();
  const text = company.forge.repository.at("main")?.tree.get("manifests/acme.ts") ?? "";
  const files = { "manifests/again.ts": text.replace('name: "acme"', 'name: "again"') };
  company.forge.repository.commit("main", { files });

  expect(forOne).toBeGreaterThan(0);
  expect(await asked()).toBe(forOne);
});
