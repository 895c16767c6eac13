/**
 * Every folder of test/golden is a case: a consumer's repository (`repository/`) meets the GitLab of `golden/gitlab.json`;
 * `artifacts lock` must give the files of `expected/`, or the text of `error.txt` and no changed file at all.
 * `npm run golden:update` rewrites the expectations; the reviewer reads the diff.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startGitLab } from "../src/simulator/simulator.js";
import { readFiles } from "./cli/repository.js";
import { runCli } from "./cli/run-cli.js";

const GOLDEN = fileURLToPath(new URL("golden", import.meta.url));
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";
const TOKEN = "glpat-golden00000000000000";

/** How the cases spell the instance, whose real port differs in each run. */
const INSTANCE = "http://gitlab.test";

describe("golden", () => {
  const cases = readdirSync(GOLDEN, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  test.each(cases.map(({ name }) => name))("%s", async (name) => {
    const folder = join(GOLDEN, name);
    const gitlab = await startGitLab({
      state: JSON.parse(readFileSync(join(GOLDEN, "gitlab.json"), "utf8")),
      now: () => new Date("2026-11-21T12:00:00Z"),
    });
    gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
    const repository = copyRepository(join(folder, "repository"), gitlab.url);
    try {
      const before = readFiles(repository);
      const { code, stderr } = await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } });
      const after = readFiles(repository);
      const anonymous = (text: string) =>
        text
          .replaceAll(gitlab.url, INSTANCE)
          .replaceAll(encodeURIComponent(new URL(gitlab.url).host), "gitlab.test")
          .replaceAll(repository, "/repository");

      const outcomes = { files: join(folder, "expected"), error: join(folder, "error.txt") };
      const other = code === 0 ? outcomes.error : outcomes.files;
      if (UPDATE) rmSync(other, { recursive: true, force: true });
      expect(existsSync(other)).toBe(false);
      if (code === 0) expectFiles(outcomes.files, written(before, after), anonymous);
      else {
        expect(code).toBe(1);
        expectText(outcomes.error, anonymous(stderr));
        expect(after).toEqual(before);
      }
    } finally {
      await gitlab.close();
      rmSync(repository, { recursive: true });
    }
  });
});

type Files = Readonly<Record<string, string>>;

function copyRepository(from: string, instance: string): string {
  const to = mkdtempSync(join(tmpdir(), "golden-"));
  if (existsSync(from)) cpSync(from, to, { recursive: true });
  for (const [path, text] of Object.entries(readFiles(to))) {
    writeFileSync(join(to, path), text.replaceAll(INSTANCE, instance));
  }
  return to;
}

function written(before: Files, after: Files): Files {
  return Object.fromEntries(Object.entries(after).filter(([path, text]) => before[path] !== text));
}

/** The vendored library and the declarations are the same in every case, and compared with their sources elsewhere. */
function expectFiles(folder: string, files: Files, anonymous: (text: string) => string): void {
  const own = Object.entries(files).filter(([path]) => !path.includes("/lib/") && !path.endsWith(".d.ts"));
  if (UPDATE) rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of own) expectText(join(folder, path), anonymous(text));
  expect(Object.keys(readFiles(folder))).toEqual(own.map(([path]) => path));
}

function expectText(file: string, text: string): void {
  if (UPDATE) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file) ? readFileSync(file, "utf8") : undefined).toBe(text);
}
