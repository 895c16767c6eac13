/** What a person sees while a command downloads, in a real pseudo-terminal. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository } from "./repository.js";
import { runCli } from "./run-cli.js";
import { openWindow, type TerminalOptions } from "./terminal.js";

const TOKEN = "glpat-progress0000000000";

let gitlab: EmbeddedGitLab;
let cwd: string;

beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  const files = { acme: { size: 1_200_000, seed: 1 } };
  gitlab.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  cwd = makeRepository({ gitlab: gitlab.url, file: undefined });
});

afterEach(() => gitlab.close());

function open(command: string, options: Omit<TerminalOptions, "cwd"> = {}) {
  return openWindow(command, { cwd, ...options, env: { GITLAB_TOKEN: TOKEN, ...options.env } });
}

describe("on a terminal", () => {
  test("a run that is over leaves nothing but what it did", async () => {
    const window = open("artifacts lock");

    expect(await window.ended).toBe(0);
    const lines = await window.screen.lines();
    expect(lines[0]).toMatch(/^acme {2}any {2}new 0-unstable-[\d-]+ {2}[0-9a-f]{8} {2}1\.1 MiB$/);
    expect(lines[1]).toBe("1 variants locked: 1 new; +1.1 MiB");
    expect(lines[2]).toMatch(/^wrote /);
  });

  test.each([80, 40])(
    "of %d columns an interrupted run shows what ran, and then leaves no trace",
    async (columns) => {
      gitlab.fault({ on: "storage", path: "/", kind: "stalled", afterBytes: 500_000 });
      const window = open('echo before; artifacts lock; echo "after $?"', { columns });
      await expect.poll(() => window.screen.lines(), { timeout: 30_000 }).toHaveLength(3);
      const shown = await window.screen.lines();
      expect(shown[1]).toMatch(
        columns === 80 ? /^acme \(any\) {2}488 KiB of 1\.1 MiB/ : /^acme \(any\) {2}488 KiB/,
      );
      expect(shown[2]).toMatch(columns === 80 ? /^0 of 1 downloaded, 488 KiB/ : /^0 of 1, 488 KiB/);
      expect(shown.filter((line) => line.length >= columns)).toEqual([]);

      window.type("\u0003");
      await window.ended;
      const after = await window.screen.lines();
      expect(after[0]).toBe("before");
      expect(after.slice(1).join("")).toMatch(/^(after 130)?$/);
      expect(await window.screen.cursor()).toMatchObject({ column: 0, wraps: true });
    },
  );

  test("a window that becomes narrower shows the same in less room", async () => {
    gitlab.fault({ on: "storage", path: "/", kind: "stalled", afterBytes: 500_000 });
    const window = open("echo before; artifacts lock");
    await expect.poll(() => window.screen.lines(), { timeout: 30_000 }).toHaveLength(3);
    await window.resize(30);
    await expect.poll(async () => (await window.screen.lines())[2]).toMatch(/^0 of 1, 488 KiB/);
    expect((await window.screen.lines())[0]).toBe("before");

    window.type("\u0003");
    await window.ended;
    expect(await window.screen.lines()).toEqual(["before"]);
  });

  test("without colours there are none, and a terminal that knows lines only gets lines", async () => {
    gitlab.fault({ path: "/artifacts", kind: "html" });
    const run = async (env: Record<string, string>) => {
      const window = open("artifacts lock", { env });
      expect(await window.ended).toBe(1);
      return window.text();
    };
    expect(await run({})).toContain("\u001B[31merror");
    expect(await run({ NO_COLOR: "1" })).not.toContain("\u001B[31m");
    expect(await run({ TERM: "dumb" })).not.toContain("\u001B");
  });

  test("names that a job's author chose are shown and not obeyed", async () => {
    const name = "build \u001B[2J\u001B]0;owned\u0007";
    gitlab.addPipeline("platform/acme", {
      ref: "main",
      jobs: [{ name, artifacts: { files: { acme: "1" } } }],
    });
    cwd = makeRepository({ gitlab: gitlab.url, job: name });
    const window = open("artifacts lock; artifacts show");

    expect(await window.ended).toBe(0);
    expect(window.text()).toContain("owned");
    for (const sequence of ["\u001B[2J", "\u001B]0", "\u0007"]) expect(window.text()).not.toContain(sequence);
  });
});

test("elsewhere there is not one control character", async () => {
  const { stdout, stderr } = await runCli(["lock"], { cwd, env: { GITLAB_TOKEN: TOKEN } });

  expect(stderr).toBe("");
  expect(stdout).not.toContain("\u001B");
});
