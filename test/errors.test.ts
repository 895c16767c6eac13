import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));

test.each([
  ["opens a file", "", 'openSync("/dev/null")'],
  [
    "asks a cache",
    `import { openCache } from "${DIST}/cache/open-cache.js";
     const cache = await openCache("http://127.0.0.1:1", { cwd: "/", env: {} });`,
    'await cache.readText("nix-cache-info")',
  ],
  [
    "starts a program",
    `import { compressXz } from "${DIST}/publish/xz.js";`,
    "await compressXz((async function* () {})(), process.env.PATH).next()",
  ],
])("whoever %s where too many are open is told what to allow, not to report a bug", (_, before, then) => {
  const script = `
    import { openSync } from "node:fs";
    import { userErrorsOf } from "${DIST}/errors.js";
    ${before}
    try { for (;;) openSync("/dev/null"); } catch {}
    try { ${then}; } catch (error) {
      for (const { code, message, hint } of userErrorsOf(error) ?? []) console.log(code, message, hint);
    }`;
  const limited = ["-c", 'ulimit -n 150; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  const { stdout, stderr } = spawnSync("sh", limited, { encoding: "utf8" });

  expect(stderr).toBe("");
  expect(stdout).toMatch(/^OUT_OF_FILES .*EMFILE.*ulimit -n/);
});
