/** An archive whose names are meant to lead out of it, or to be something else than they seem, when it is to be unpacked. */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ReadProject, ReadRequest } from "../../src/read-project.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { makeRepository, readFiles } from "../cli/repository.js";
import { type RawZipEntry, rawZip } from "../hash/unpack/trees.js";
import { outcomeOf, TOKEN, worldOf } from "./world.js";

// A thread runs JavaScript only, and would load the parser for each of the runs.
vi.mock("../../src/read-project-thread.js", () => ({
  async readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
    const { readProject } = await import("../../src/read-project.js");
    return readProject(request);
  },
}));

const HOSTILE: readonly [string, readonly RawZipEntry[], string][] = [
  ["leads out of it", [{ path: "../evil" }], '"../evil" leads out of the archive'],
  ["is absolute", [{ path: "/etc/evil" }], '"/etc/evil" is an absolute path'],
  ["begins with a drive letter", [{ path: "C:/evil" }], '"C:/evil" is a path of Windows'],
  ["has a NUL", [{ path: "evil\0.txt" }], '"evil\\u0000.txt" has a NUL in it'],
  [
    "goes through a symbolic link",
    [{ path: "out", type: "symlink", data: "/etc" }, { path: "out/evil" }],
    '"out/evil" lies below "out", which is a symbolic link',
  ],
  ["is there twice", [{ path: "tool" }, { path: "tool", data: "evil" }], '"tool" is in it twice'],
];

let gitlab: EmbeddedGitLab;
beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme" });
});
afterAll(() => gitlab.close());

test.each(HOSTILE)("nothing comes of an archive with a name that %s", async (_, entries, reason) => {
  const build = (artifacts: Uint8Array) =>
    gitlab.addPipeline("platform/acme", { ref: "main", jobs: [{ name: "build", artifacts }] });
  const temporary = mkdtempSync(join(tmpdir(), "temporary-"));
  const world = worldOf(
    gitlab,
    makeRepository({ gitlab: gitlab.url, file: undefined, form: "unpacked", fetch: "require" }),
  );
  build(rawZip([{ path: "tool" }]));
  expect((await outcomeOf(world, "lock")).errors).toEqual([]);
  const locked = readFiles(world.cwd);
  build(rawZip(entries));
  vi.stubEnv("TMPDIR", temporary);

  const { errors } = await outcomeOf(world, "lock");

  expect(errors).toMatchObject([
    { code: "UNPACK_REFUSED", at: { file: join(world.cwd, "manifests/acme.ts") } },
  ]);
  expect(errors[0]?.message).toContain(`cannot be unpacked: ${reason}`);
  expect(errors[0]?.hint).toContain("look at how the job makes the archive");
  expect(readFiles(world.cwd)).toEqual(locked);
  expect(readdirSync(temporary)).toEqual([]);
});
