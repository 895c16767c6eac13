import * as fc from "fast-check";
import { marked, type Tokens } from "marked";
import { expect, test } from "vitest";
import { contentsSection } from "../../../src/bump/describe/contents.js";
import { makeVariant } from "../../make/lock.js";
import { startCompany, topicOfAcme, type Company } from "../company.js";
import { hostile } from "../hostile-text.js";

const DAY = 86_400_000;

function build({ gitlab, clock }: Company, files: Record<string, string>, expireAt?: Date): void {
  const createdAt = clock.now.toISOString();
  const { id } = gitlab.addPipeline("platform/acme", { ref: "main", createdAt });
  const artifacts = { files: { tool: `tool ${id}`, ...files }, expireAt: expireAt?.toISOString() ?? null };
  gitlab.addJob("platform/acme", id, { name: "build", artifacts });
}

async function withLocked(files: Record<string, string>, expireAt?: Date): Promise<Company> {
  const company = await startCompany();
  build(company, files, expireAt);
  await company.run();
  company.mergeByPerson(1);
  return company;
}

async function described(company: Company): Promise<string> {
  await company.run();
  return company.open()[0]?.description ?? "";
}

/** Enough names for a directory that does not fit into the end that is read first. */
const MANY = Object.fromEntries(
  Array.from({ length: 1500 }, (_, index) => [`share/doc/a-rather-long-name-of-a-page/${index}.html`, "x"]),
);

test.each([
  ["lists archives", "19.5.0", "direct", {}],
  ["does not", "18.7.0", "direct", {}],
  ["does not, and the directory is long", "18.7.0", "local", MANY],
] as const)(
  "a GitLab that %s: the description says what was added and removed",
  async (_what, version, storage, more) => {
    const company = await withLocked({ "old.txt": "1", "both.txt": "1", ...more });
    Object.assign(company.gitlab.knobs, { version, storage });
    build(company, { "both.txt": "2", "new|file.txt": "2", ...more });
    const seen = company.gitlab.requests.length;

    const description = await described(company);

    expect(description).toContain("1 added, 1 removed");
    expect(description).toContain("- added `new\\|file.txt`");
    expect(description).toContain("- removed `old.txt`");
    expect(description).not.toContain("both.txt");
    const whole = company.gitlab.requests
      .slice(seen)
      .filter(({ path, headers }) => path.endsWith("/artifacts") && headers["range"] === undefined);
    expect(whole).toEqual([]);
  },
);

test("an old archive that has expired is said to be so, with the day", async () => {
  const company = await withLocked({}, new Date("2026-11-21T00:00:00Z"));
  company.clock.now = new Date(company.clock.now.getTime() + 2 * DAY);
  build(company, {});
  company.gitlab.cleanup();

  expect(await described(company)).toMatch(/the archive of job `?\d+`? has expired on 2026-11-21/);
});

test("the same names, and many names, are told in short", async () => {
  const same = await withLocked({ "a.txt": "1" });
  build(same, { "a.txt": "2" });
  expect(await described(same)).toContain("the same names as before");

  const names = Array.from({ length: 40 }, (_, index) => `f${index}`);
  const change = { artifact: "acme", from: makeVariant(), to: makeVariant({ job: 78001 }) };
  const section = contentsSection(
    [{ ...change, difference: { added: names, removed: [] } }],
    topicOfAcme(),
    new Date(),
  );
  expect(section.match(/- added `f\d+`/g)).toHaveLength(25);
  expect(section).toContain("- added: 15 more");
});

test("1,000 hostile file names stay one list item each, in which nothing is alive", () => {
  fc.assert(
    fc.property(hostile, (name) => {
      const change = { artifact: "acme", from: makeVariant(), to: makeVariant({ job: 78001 }) };
      const difference = { added: [name], removed: [name] };
      const section = contentsSection([{ ...change, difference }], topicOfAcme(), new Date());
      const tokens = marked.lexer(section);
      const list = tokens.find((token): token is Tokens.List => token.type === "list");

      expect(tokens.filter(({ type }) => type === "html")).toHaveLength(2);
      expect(list?.items).toHaveLength(2);
      const alive = new Set<string>();
      marked.walkTokens(
        list?.items.flatMap(({ tokens }) => tokens) ?? [],
        ({ type }) => void alive.add(type),
      );
      expect([...alive].every((type) => ["codespan", "text"].includes(type))).toBe(true);
      expect(section.split(/[\n\r\u2028\u2029\u0085]/).filter((line) => /^\s*\//.test(line))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
