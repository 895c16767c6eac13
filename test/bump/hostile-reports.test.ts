/** A thousand hostile texts in everything that the bot writes from many parts: whole descriptions, the dashboard, the JUnit report. */
import * as fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { marked } from "marked";
import { expect, test } from "vitest";
import type { Applied } from "../../src/bump/apply/applied.js";
import { describeDashboard } from "../../src/bump/dashboard/dashboard.js";
import { markerOf } from "../../src/bump/situation/marker.js";
import { describeTopic } from "../../src/bump/describe/merge-request.js";
import type { Plan } from "../../src/bump/plan/action.js";
import type { OwnMergeRequest } from "../../src/bump/situation/situation.js";
import type { Tended } from "../../src/bump/tend.js";
import { wishesIn, type Wish } from "../../src/bump/situation/wishes.js";
import { printJunit, suiteOf } from "../../src/commands/bump-junit.js";
import { DEFAULT_BUMP } from "../../src/config/bump.js";
import { UserError } from "../../src/errors.js";
import { makeVariant } from "../make/lock.js";
import { hostile } from "./hostile-text.js";
import { NOW, topicOfAcme } from "./company.js";

const RUNS = { numRuns: 1000 };
const URL = "https://gitlab.example.com/platform/packages/-/merge_requests/1";
const LINE_ENDS = /[\n\r\u2028\u2029\u0085]/;

test("1,000 hostile names of jobs, refs, files and commits leave a whole description as it is meant", () => {
  const texts = fc.record({
    version: hostile,
    jobName: hostile,
    ref: hostile,
    file: hostile,
    project: hostile,
    url: fc.constant("https://gitlab.example.com/api/v4/projects/42/jobs/78001/artifacts/acme"),
  });
  fc.assert(
    fc.property(texts, hostile, (given, name) => {
      const topic = topicOfAcme(given);
      const commits = [{ id: "a".repeat(40), title: name, author_name: name, parent_ids: [] }];
      const range = { artifacts: ["acme"], instance: "https://gitlab.example.com", from: "a".repeat(40) };
      const project = { from: name, to: given.project };
      const changelog = { ...range, project, to: "b".repeat(40), commits, total: 1 };
      const to = makeVariant({ job: 78001, ...given });
      const difference = { added: [name], removed: [given.file] };
      const contents = [{ artifact: "acme", from: makeVariant(), to, difference }];

      const { description, marker } = describeTopic(topic, DEFAULT_BUMP, {
        changelogs: [changelog],
        contents,
        now: NOW,
      });

      const tokens = marked.lexer(description);
      const tables = tokens.flatMap((token) => (token.type === "table" ? [token.rows] : []));
      expect(tables.map(([row]: { length: number }[]) => row?.length)).toEqual([8, 8]);
      const html = tokens.filter(({ type }) => type === "html").map(({ raw }) => raw.trim());
      expect(html.filter((raw) => !/^<(details><summary>[\w ,]+<\/summary|\/details)>$/.test(raw))).toEqual([
        expect.stringMatching(/^<!-- artifacts-bump: \{[^<>]*\} -->$/),
      ]);
      expectNothingAlive(description, "https://gitlab.example.com/");
      expect(markerOf(description)).toEqual(marker);
    }),
    RUNS,
  );
});

test("1,000 hostile errors, titles, refusals and answers leave the dashboard's boxes and lines as they are meant", () => {
  fc.assert(
    fc.property(hostile, hostile, (text, version) => {
      const facts = { ...runWith(text, version), bump: DEFAULT_BUMP, expiryWarningDays: 14, now: NOW };

      const described = describeDashboard({ ...facts, ticked: new Set<Wish>(["rebase acme"]) });

      expect([...wishesIn(described)]).toEqual(["rebase acme"]);
      expect(wishesIn(described.replaceAll("- [ ]", "- [x]"))).toEqual(
        new Set(["rebase acme", "approve acme"]),
      );
      const lists = marked
        .lexer(described)
        .flatMap((token) => (token.type === "list" ? [token.items.length] : []));
      expect(lists, "errors, refusals, pending and open ones").toEqual([3, 1, 1, 2]);
      expectNothingAlive(described, URL);
    }),
    RUNS,
  );
});

test("1,000 hostile errors, refusals and answers leave the JUnit report well-formed, with a case for each artifact", () => {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" });
  fc.assert(
    fc.property(hostile, hostile, (text, version) => {
      const report = printJunit([suiteOf(text, runWith(text, version))]);

      expect(XMLValidator.validate(report)).toBe(true);
      const { testsuite } = parser.parse(report).testsuites;
      expect(testsuite.testcase.map((one: Record<string, unknown>) => one["@name"])).toEqual([
        "acme",
        "brisk",
        "crane",
        "X",
      ]);
      expect(testsuite["@failures"]).toBe("2");
      expect(report).not.toMatch(/glpat-|[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
    }),
    RUNS,
  );
});

/** A run in which everything that can hold words of others does. */
function runWith(text: string, version: string): Tended {
  const topic = topicOfAcme({ version, ref: text, project: text });
  const request: OwnMergeRequest = {
    iid: 1,
    title: text,
    description: text,
    branch: topic.branch,
    target: topic.target,
    labels: [text],
    conflicted: false,
    merging: false,
    createdAt: NOW.toISOString(),
    url: URL,
    marker: describeTopic(topic, DEFAULT_BUMP).marker,
  };
  const refusal = {
    artifact: "acme",
    system: "any",
    policy: "projects",
    expected: text,
    found: text,
  } as const;
  const action = { kind: "merge", topic, request, commit: "a".repeat(40) } as const;
  const done: Applied = { action, outcome: "not merged", detail: text, request, errors: [] };
  const plan: Plan = {
    actions: [action],
    waiting: [
      { topic, why: "refused by the policy", refusals: [refusal] },
      { topic, why: "too young" },
    ],
    left: [{ request: { ...request, iid: 2 }, why: "an artifact of it failed" }],
  };
  const failed = new Map(["brisk"].map((name) => [name, [new UserError("X", text, { hint: text })]]));
  const other = [new UserError("X", text), new UserError("X", version)];
  const errors = [...[...failed.values()].flat(), ...other];
  const held = [{ artifact: "crane", target: "main", tag: text, why: text }];
  const artifacts = ["acme", "brisk", "crane"];
  const { lock } = topicOfAcme({ version });
  const targets = [{ target: { branch: "main", isDefault: true }, lock, artifacts, failed }];
  return { plan, applied: [done], errors, held, targets, dashboard: undefined };
}

const OURS = new Set(
  "blockquote br checkbox codespan heading html link list list_item paragraph space strong table text".split(
    " ",
  ),
);

/** No quick action, mention, image or foreign link, and no secret. */
function expectNothingAlive(markdown: string, target: string): void {
  const types = new Set<string>();
  const links: string[] = [];
  const words: string[] = [];
  marked.walkTokens(marked.lexer(markdown), (token) => {
    types.add(token.type);
    if (token.type === "link") links.push(token.href);
    if (token.type === "text" && token.tokens === undefined) words.push(token.text);
  });
  expect([...types].filter((type) => !OURS.has(type))).toEqual([]);
  expect(links.filter((href) => !href.startsWith(target))).toEqual([]);
  expect(words.join(" ")).not.toMatch(/[@~%$^&]\w|https?:/);
  expect(markdown.split(LINE_ENDS).filter((line) => /^\s*\//.test(line))).toEqual([]);
  expect(markdown).not.toMatch(/glpat-|[\u202E\u200B\0]/);
}
