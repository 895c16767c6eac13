import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.js";

const DECLARED = 3500;

test("a file of thousands of declarations is read, although the thread that reads begins with little memory", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "big-manifest-"));
  const declarations = Array.from(
    { length: DECLARED },
    (_, n) =>
      `{ name: "tool-${n}", gitlab: "https://gitlab.example.com", project: "g/tool", ref: { branch: "main" }, job: "build", file: "${n}", systems: "any" },\n`,
  );
  mkdirSync(join(cwd, "manifests"));
  writeFileSync(
    join(cwd, "manifests", "tools.ts"),
    `import { defineArtifacts } from "nix-artifacts";\nexport default defineArtifacts([\n${declarations.join("")}]);\n`,
  );

  const { code, stderr } = await runCli(["outdated", `tool-${DECLARED}`], { cwd });

  expect(code).toBe(2);
  expect(stderr).toContain(`there is no artifact "tool-${DECLARED}"`);
  expect(stderr).toContain("the nearest are: tool-");
});
