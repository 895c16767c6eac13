/** Archives of every kind through the built command line: Node finds other names in a library than the runner of the tests does. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Lock } from "../../src/lock/schema.js";
import { startGitLab } from "../../src/simulator/simulator.js";
import { tarOf, zipOfTree } from "../hash/unpack/trees.js";
import { declare, makeRepository, readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-archives0000000000";

test("the tree is the same whatever the archive is compressed with", async () => {
  const tree = mkdtempSync(join(tmpdir(), "tree-"));
  mkdirSync(join(tree, "bin"));
  writeFileSync(join(tree, "bin/acme"), "#!/bin/sh\n", { mode: 0o755 });
  const files = {
    tar: tarOf(tree),
    gz: tarOf(tree, "--gzip"),
    bz2: tarOf(tree, "--bzip2"),
    xz: tarOf(tree, "--xz"),
    zst: tarOf(tree, "--zstd"),
    zip: await zipOfTree(tree),
  };
  const gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "g/acme" });
  gitlab.addPipeline("g/acme", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
  const cwd = makeRepository({ gitlab: gitlab.url });
  declare(
    cwd,
    gitlab.url,
    Object.keys(files).map((file) => ({ name: file, project: "g/acme", file, form: "unpacked" })),
  );

  const { code, stderr } = await runCli(["lock"], { cwd, env: { GITLAB_TOKEN: TOKEN } });
  await gitlab.close();

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { artifacts } = JSON.parse(readFiles(cwd)["artifacts.lock.json"] ?? "{}") as Lock;
  expect(Object.keys(artifacts)).toHaveLength(6);
  expect(new Set(Object.values(artifacts).map(({ systems }) => systems["any"]?.hash)).size).toBe(1);
});
