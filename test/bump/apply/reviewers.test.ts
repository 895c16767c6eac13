import { expect, test } from "vitest";
import { startCompany, type Company } from "../company.js";

const CONFIG = "reviewersFromCodeOwners: true";

async function companyWith(files: Record<string, string>, config = CONFIG): Promise<Company> {
  const company = await startCompany({ tools: ["acme", "brisk"], config });
  const { gitlab, forge } = company;
  for (const user of ["carol", "dan"])
    gitlab.addToken({ token: `glpat-${user}`, kind: "personal", scopes: ["api"], user });
  forge.repository.commit("main", { files });
  company.build("acme", "acme 2");
  return company;
}

test("the code owners of what changes are asked to review, and those who cannot be asked are told", async () => {
  const owners = "*.lock.json @carol @nix-people\n*.md @dan\n[Nix]\nnix/ @alice @platform/nix\n";
  const company = await companyWith({ ".gitlab/CODEOWNERS": owners }, `${CONFIG}, reviewers: ["carol"]`);

  const { applied, errors } = await company.run();

  expect(company.open()).toMatchObject([{ reviewers: ["carol", "alice"] }]);
  expect(applied).toMatchObject([
    { detail: "code owners who are no users were not asked: @nix-people, @platform/nix" },
  ]);
  expect(errors).toEqual([]);
  company.writes();
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("only the first of the places where GitLab looks counts", async () => {
  const company = await companyWith({ CODEOWNERS: "* @carol\n", "docs/CODEOWNERS": "* @dan\n" });

  await company.run();

  expect(company.open()).toMatchObject([{ reviewers: ["carol"] }]);
});

test("without such a file, and without the setting, nobody is asked", async () => {
  const without = await companyWith({});
  await without.run();
  expect(without.open()).toMatchObject([{ reviewers: [] }]);

  const off = await companyWith({ CODEOWNERS: "* @carol\n" }, "");
  await off.run();
  expect(off.open()).toMatchObject([{ reviewers: [] }]);
});

test("the file is read once, however many merge requests are opened", async () => {
  const company = await companyWith({ "docs/CODEOWNERS": "* @carol\n" });
  company.build("brisk", "brisk 2");

  await company.run();

  expect(company.open()).toMatchObject([{ reviewers: ["carol"] }, { reviewers: ["carol"] }]);
  const asked = company.gitlab.requests.filter(({ path }) => path.includes("CODEOWNERS"));
  expect(asked).toHaveLength(2);
});

test("a milestone is found by its title: the project's own before one of a group, and open ones only", async () => {
  const company = await companyWith({}, 'milestone: "26.11"');
  company.forge.milestones.push(
    { id: 1, title: "26.11", state: "closed", ofGroup: false },
    { id: 2, title: "26.11", state: "active", ofGroup: true },
    { id: 3, title: "26.11", state: "active", ofGroup: false },
  );

  await company.run();

  expect(company.open()).toMatchObject([{ milestone: { id: 3 } }]);
});

test("the milestone of a rule holds for its artifacts, and one of a group above the project will do", async () => {
  const config = 'rules: [{ artifacts: ["acme"], milestone: "Next" }]';
  const company = await companyWith({}, config);
  company.forge.milestones.push({ id: 7, title: "Next", state: "active", ofGroup: true });
  company.build("brisk", "brisk 2");

  await company.run();

  expect(company.open().map(({ milestone }) => milestone?.title)).toEqual(["Next", undefined]);
});

test("an unknown milestone is told once with those that there are, and stops nothing", async () => {
  const company = await companyWith({}, 'milestone: "26.12"');
  company.forge.milestones.push({ id: 2, title: "26.11", state: "active", ofGroup: true });
  company.build("brisk", "brisk 2");

  const { errors } = await company.run();

  expect(company.open()).toHaveLength(2);
  expect(errors).toMatchObject([
    { code: "BUMP_UNKNOWN_MILESTONE", hint: expect.stringContaining('open are "26.11"') },
  ]);
  const asked = company.gitlab.requests.filter(({ path }) => path.includes("/milestones"));
  expect(asked).toHaveLength(1);
});
