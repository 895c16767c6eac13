import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../dist/program.js", import.meta.url));

test("a program that cannot be started for want of files to open is as none, and ends nobody else", () => {
  const script = `
    import { openSync } from "node:fs";
    import { runProgram } from "${PROGRAM}";
    process.on("exit", (code) => console.log("exit", code));
    try { for (;;) openSync("/dev/null"); } catch {}
    console.log(await runProgram("true", [], { env: {}, timeoutMs: 60_000 }));`;
  const limited = ["-c", 'ulimit -n 60; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  const { stdout, stderr } = spawnSync("sh", limited, { encoding: "utf8" });

  expect({ stdout, stderr }).toEqual({ stdout: "undefined\nexit 0\n", stderr: "" });
});
