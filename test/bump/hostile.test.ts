/** A thousand hostile names, read back by a Markdown parser that is not ours. */
import * as fc from "fast-check";
import { marked, type Token, type Tokens } from "marked";
import { describe, expect, test } from "vitest";
import { plain } from "../../src/bump/describe/markdown.js";
import { markerOf, recreateBox, wantsRecreation } from "../../src/bump/situation/marker.js";
import { describeTopic } from "../../src/bump/describe/merge-request.js";
import { DEFAULT_BUMP } from "../../src/config/bump.js";
import { hostile } from "./hostile-text.js";
import { topicOfAcme } from "./company.js";

test("1,000 hostile versions, job names and projects leave the description one table with nothing alive in it", () => {
  const texts = fc.record({ version: hostile, jobName: hostile, project: hostile });
  fc.assert(
    fc.property(texts, (given) => {
      const topic = topicOfAcme(given);
      const { title, description, commitMessage, marker } = describeTopic(topic, DEFAULT_BUMP);
      const tokens = marked.lexer(description);
      const tables = tokens.filter((token): token is Tokens.Table => token.type === "table");

      expect(tables).toHaveLength(1);
      expect(tables[0]?.rows).toHaveLength(1);
      expect(tables[0]?.rows[0]).toHaveLength(8);
      expect(spans(tables[0])).toContain(
        plain(`${given.jobName} 78001`).replaceAll("`", "'").replaceAll("\\", "/"),
      );
      expect(kinds(tables[0]).difference(ALIVE_NOT)).toEqual(new Set());
      expect(links(tables[0]).every((href) => href.startsWith("https://gitlab.example.com/"))).toBe(true);
      expect(tokens.filter(({ type }) => type === "html").map(({ raw }) => raw.trim())).toHaveLength(1);
      expect(description.split(/[\n\r\u2028\u2029\u0085]/).filter((line) => /^\s*\//.test(line))).toEqual([]);
      expect(markerOf(description)).toEqual(marker);
      expect(wantsRecreation(description)).toBe(false);
      expect(description).not.toMatch(/glpat-|[\u202E\u200B\0]/);
      expect(title).toMatch(/^Update acme to [A-Za-z0-9._+-]{0,60}$/);
      expect(commitMessage).toMatch(/^[A-Za-z0-9._+\-:()\n ]+$/);
      expect(commitMessage.match(/^Artifacts-Bump: /gm)).toHaveLength(1);
    }),
    { numRuns: 1000 },
  );
});

test("a description that somebody fills up with blank lines is read like any other", () => {
  const lines = "\n".repeat(500_000);

  expect(wantsRecreation(lines)).toBe(false);
  expect(wantsRecreation(`${lines}${recreateBox().replace("[ ]", "[x]")}`)).toBe(true);
});

/** What a table of ours may hold. */
const ALIVE_NOT = new Set(["table", "codespan", "link", "text"]);

function walk(root: Token | undefined): Token[] {
  const all: Token[] = [];
  if (root !== undefined) marked.walkTokens([root], (token) => void all.push(token));
  return all;
}

function kinds(root: Token | undefined) {
  const found = new Set(walk(root).map(({ type }) => type));
  return {
    difference: (allowed: ReadonlySet<string>) => new Set([...found].filter((type) => !allowed.has(type))),
  };
}

function spans(root: Token | undefined): string[] {
  return walk(root).flatMap((token) => (token.type === "codespan" ? [String(token["text"])] : []));
}

function links(root: Token | undefined): string[] {
  return walk(root).flatMap((token) => (token.type === "link" ? [String(token["href"])] : []));
}

describe("a marker", () => {
  test.each([
    "<!-- artifacts-bump: {} -->",
    '<!-- artifacts-bump: {"version":2,"topic":"acme","fingerprint":"x","text":"y"} -->',
    `<!-- artifacts-bump: {"version":1,"topic":"../x","fingerprint":"${"0".repeat(32)}","text":"${"0".repeat(32)}"} -->`,
    "<!-- artifacts-bump: nonsense -->",
    "",
  ])("that is not exactly one is none: %s", (text) => {
    expect(markerOf(text)).toBeUndefined();
  });
});
