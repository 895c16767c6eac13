import { tmpdir } from "node:os";
import { test } from "vitest";
import { CLI } from "../test/cli/run-cli.js";
import { compare, report } from "./measure.js";

const node = { command: process.execPath, args: ["-e", "0"], cwd: tmpdir() };

test.each(["--version", "--help"])("%s against an empty Node process", async (flag) => {
  const ours = { command: process.execPath, args: [CLI, flag], cwd: tmpdir() };
  report(`artifacts ${flag} / node -e 0`, await compare(ours, node, 15), "ratio ≤ 2");
});
