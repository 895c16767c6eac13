import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COMMANDS, GROUPS } from "../../src/commands/table.js";
import { makeRepository } from "./repository.js";
import { CLI, runCli } from "./run-cli.js";

const EMPTY = mkdtempSync(join(tmpdir(), "cli-"));

test("--version prints the version of the package", async () => {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };

  expect(await runCli(["--version"], { cwd: EMPTY })).toMatchObject({
    code: 0,
    stdout: `${version}\n`,
    stderr: "",
  });
});

test("--help names every command", async () => {
  const { code, stdout, stderr } = await runCli(["--help"], { cwd: EMPTY });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const { name, summary } of COMMANDS) {
    const [group = "", ...rest] = name.split(" ");
    expect(stdout).toContain(`  ${group} `);
    expect(stdout.replace(/\s+/g, " ")).toContain(rest.length === 0 ? summary : GROUPS[group]);
  }
});

test.each(["auth", "cache"])("%s --help names its commands", async (group) => {
  const { code, stdout } = await runCli([group, "--help"], { cwd: EMPTY });

  expect(code).toBe(0);
  for (const { name } of COMMANDS.filter(({ name }) => name.startsWith(`${group} `))) {
    expect(stdout).toContain(`  ${name.split(" ")[1] ?? ""} `);
  }
});

test.each(COMMANDS.map(({ name }) => name))(
  "%s --help shows examples and the common options",
  async (name) => {
    const { code, stdout } = await runCli([...name.split(" "), "--help"], { cwd: EMPTY });

    expect(code).toBe(0);
    expect(stdout).toMatch(/\nExamples:\n {2}\S/);
    expect(stdout).toContain("--json");
  },
);

test.each([
  [["lcok"], /unknown command 'lcok'[^]*lock/],
  [["lock", "--chekc"], /unknown option '--chekc'[^]*--check/],
  [["show", "--", "nothing-like-it"], /no artifact "nothing-like-it"/],
  [["generate", "acme"], /too many arguments/],
])("wrong usage %j ends with exit code 2 and says what is right", async (args, message) => {
  const cwd = makeRepository({ gitlab: "http://127.0.0.1:1" });

  const { code, stdout, stderr } = await runCli(args, { cwd });

  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
});

test("without a command the help is shown and the exit code is 2", async () => {
  const { code, stderr } = await runCli([], { cwd: EMPTY });

  expect(code).toBe(2);
  expect(stderr).toContain("Usage: artifacts");
});

test("-C runs in another directory", async () => {
  const repository = makeRepository({ gitlab: "http://127.0.0.1:1" });

  const { stdout } = await runCli(["-C", repository, "show"], { cwd: EMPTY });

  expect(stdout).toBe("nothing is locked yet; run: artifacts lock\n");
});

test("an error with --json is one document on stdout and nothing else", async () => {
  const cwd = makeRepository({ gitlab: "http://127.0.0.1:1", systms: "any" });

  const { code, stdout, stderr } = await runCli(["lock", "--json"], { cwd });

  expect(code).toBe(1);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({
    errors: [
      {
        code: expect.any(String),
        message: expect.stringContaining("systms"),
        file: join(cwd, "manifests/acme.ts"),
      },
    ],
  });
});

test("nothing is coloured when stderr is no terminal", async () => {
  const cwd = makeRepository({ gitlab: "http://127.0.0.1:1", systms: "any" });

  const { stderr } = await runCli(["lock"], { cwd });

  expect(stderr).toMatch(/^error /);
  expect(stderr).not.toContain("\u001B");
});

test("who reads only the beginning of the output is no failure", () => {
  const script = '"$0" "$1" --help | true';
  const { stderr } = spawnSync("sh", ["-c", script, process.execPath, CLI], { encoding: "utf8" });

  expect(stderr).toBe("");
});

test("output that cannot be written is a failure, and said to be one", () => {
  const script = '"$0" "$1" --help > /dev/full';
  const { status, stderr } = spawnSync("sh", ["-c", script, process.execPath, CLI], { encoding: "utf8" });

  expect(stderr).toBe(
    "error OUTPUT_FAILED  cannot write the output: ENOSPC: no space left on device, write\n" +
      "  fix: send the output where there is room for it, and run the command again\n",
  );
  expect(status).toBe(1);
});
