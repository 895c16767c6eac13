/** What the demo's programs get of the environment in which a person tries it. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runDemo } from "../../src/demo/demo.js";

test("the programs that the demo starts get no token of the person who tries it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "demo-"));
  const seen = join(directory, "seen");
  writeFileSync(join(directory, "npm"), `#!/bin/sh\nenv >${seen}\nexit 1\n`, { mode: 0o755 });
  const tokens = { GITLAB_TOKEN: "glpat-of-a-person", CI_JOB_TOKEN: "glcbt-of-a-person" };
  const env = {
    ...process.env,
    ...tokens,
    PATH: `${directory}:${process.env["PATH"]}`,
    XDG_CACHE_HOME: directory,
  };

  const demo = runDemo({ env, print: () => {}, signal: AbortSignal.timeout(60_000), keep: false });
  await expect(demo).rejects.toMatchObject({ code: "DEMO_DOWNLOAD" });

  expect(readFileSync(seen, "utf8")).toContain(`XDG_CACHE_HOME=${directory}`);
  expect(readFileSync(seen, "utf8")).not.toContain("of-a-person");
});
