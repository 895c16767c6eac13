import * as fc from "fast-check";
import { marked, type Tokens } from "marked";
import { expect, test } from "vitest";
import { changelogSection, type Changelog } from "../../../src/bump/describe/changelog.js";
import { startCompany, topicOfAcme, type Company } from "../company.js";
import { hostile } from "../hostile-text.js";

const CHANGELOG: Changelog = {
  artifacts: ["acme"],
  instance: "https://gitlab.test",
  project: { from: "platform/acme", to: "platform/acme" },
  from: "b".repeat(40),
  to: "a".repeat(40),
  commits: undefined,
  total: 0,
};

/** Commits in the tool's own repository, the last of which a pipeline runs for. */
function release({ gitlab, clock }: Company, titles: readonly string[]): string {
  const { repository } = gitlab.forge("platform/acme");
  const commits = titles.map((message) =>
    repository.commit("main", { message, files: {}, author: { name: "@alice", email: "a@example.com" } }),
  );
  const sha = commits.at(-1)?.id ?? "";
  const createdAt = clock.now.toISOString();
  const { id } = gitlab.addPipeline("platform/acme", { ref: "main", sha, createdAt });
  gitlab.addJob("platform/acme", id, { name: "build", artifacts: { files: { tool: `of ${sha}` } } });
  return sha;
}

async function released(first: readonly string[]): Promise<Company> {
  const company = await startCompany();
  release(company, first);
  await company.run();
  company.mergeByPerson(1);
  return company;
}

test("the description lists the commits between, newest first, with a link to the comparison", async () => {
  const company = await released(["Start"]);
  const [from] = [company.locked("main").artifacts["acme"]?.systems["any"]?.commit];
  const to = release(company, ["Fix the crash on start\n\nCloses #1", "Speed up `acme`, says @bob"]);

  await company.run();

  const description = company.open()[0]?.description ?? "";
  expect(description).toContain(`/platform/acme/-/compare/${from}...${to}>)`);
  const fix = description.indexOf("`Fix the crash on start` by `@alice`");
  const speed = description.indexOf("`Speed up 'acme', says @bob` by `@alice`");
  expect(speed).toBeGreaterThan(0);
  expect(fix).toBeGreaterThan(speed);
  expect(description).not.toContain("Closes");
});

test("a run with nothing to do asks for no commits", async () => {
  const company = await released(["Start"]);
  release(company, ["More"]);
  await company.run();
  const seen = company.gitlab.requests.length;

  await company.run();

  expect(company.gitlab.requests.slice(seen).filter(({ path }) => path.includes("compare"))).toEqual([]);
  expect(company.writes().slice(-1)).toEqual(["POST /merge_requests"]);
});

test("a renamed project and a commit that is gone are said in words", async () => {
  const company = await released(["Start"]);
  const { project } = company.gitlab.forge("platform/acme");
  Object.assign(project, { path: "platform/acme-next", formerPaths: ["platform/acme"] });
  company.build("acme", "acme of a lost commit");

  await company.run();

  expect(company.open()[0]?.description).toMatch(
    /GitLab does not tell the commits between .* The project `platform\/acme` is `platform\/acme-next` now\./,
  );
});

test("a proposal that is older than what is locked is said in words", () => {
  const changelog = { ...CHANGELOG, commits: [], total: 0 };

  expect(changelogSection([changelog], topicOfAcme())).toContain("older than what is locked");
});

test("many commits are cut, and the rest is counted", async () => {
  const company = await released(["Start"]);
  release(
    company,
    Array.from({ length: 42 }, (_, index) => `Change ${index}`),
  );

  await company.run();

  const description = company.open()[0]?.description ?? "";
  expect(description.match(/`Change \d+`/g)).toHaveLength(30);
  expect(description).toContain("42 commits");
  expect(description).toContain("- and 12 older ones");
});

test("1,000 hostile titles and authors stay one list item each, in which nothing is alive", () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (title, author_name, path) => {
      const commit = { id: "a".repeat(40), title, author_name, parent_ids: [] };
      const project = { from: "platform/acme", to: path };
      const changelog = { ...CHANGELOG, project, commits: [commit], total: 1 };
      const section = changelogSection([changelog], topicOfAcme());
      const tokens = marked.lexer(section);
      const list = tokens.find((token): token is Tokens.List => token.type === "list");

      expect(tokens.filter(({ type }) => type === "html").map(({ raw }) => raw.trim())).toEqual([
        "<details><summary>1 commit</summary>",
        "</details>",
      ]);
      expect(list?.items).toHaveLength(1);
      const alive = new Set<string>();
      marked.walkTokens(list?.items[0]?.tokens ?? [], ({ type }) => void alive.add(type));
      expect([...alive].sort()).toEqual(["codespan", "link", "text"]);
      expect(section.split(/[\n\r\u2028\u2029\u0085]/).filter((line) => /^\s*\//.test(line))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
