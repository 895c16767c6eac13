/** What a run reads is on the disk for as long as it takes, and not longer. */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { startCompany } from "./company.js";
import { startGroup } from "./group.js";

/** The answer to a question about such a file comes late. */
function lateAbout(file: string): {
  readonly through: (gitlab: GitLab) => GitLab;
  answers: Promise<unknown>[];
} {
  const answers: Promise<unknown>[] = [];
  const through = (gitlab: GitLab): GitLab => ({
    ...gitlab,
    get(instance, path, schema, query) {
      const answer = gitlab.get(instance, path, schema, query);
      if (path.at(-1) !== file) return answer;
      const late = answer.then((value) => pause(500, value));
      answers.push(late);
      return late;
    },
  });
  return { through, answers };
}

/** Where the program puts its temporary files from now on. */
function ownTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "own-"));
  vi.stubEnv("TMPDIR", folder);
  return folder;
}

test("what comes in after the run has failed is not left on the disk", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"] });
  company.gitlab.fault({ kind: "answer", status: 403, path: "files/manifests%2Facme.ts" });
  const late = lateAbout("manifests/brisk.ts");
  const empty = mkdtempSync(join(tmpdir(), "empty-"));
  const folder = ownTemporaryFolder();

  await expect(company.run({ seeing: late.through, checkout: empty })).rejects.toMatchObject({
    code: "GITLAB_FORBIDDEN",
  });

  expect(await Promise.allSettled(late.answers)).toMatchObject([{ status: "fulfilled" }]);
  await pause(200);
  expect(readdirSync(folder)).toEqual([]);
});

test("neither is what is asked for a merge request that cannot be opened", async () => {
  const company = await startCompany({ config: 'assignees: ["alice"], reviewersFromCodeOwners: true' });
  company.forge.repository.commit("main", { files: { CODEOWNERS: "* @alice\n" } });
  company.build("acme", "acme 2");
  company.gitlab.fault({ kind: "answer", status: 403, path: "/users" });
  const late = lateAbout("CODEOWNERS");
  const empty = mkdtempSync(join(tmpdir(), "empty-"));
  const folder = ownTemporaryFolder();

  const { errors } = await company.run({ seeing: late.through, checkout: empty });

  expect(errors).toMatchObject([{ code: "GITLAB_FORBIDDEN" }]);
  expect(await Promise.allSettled(late.answers)).toMatchObject([{ status: "fulfilled" }]);
  await pause(200);
  expect(readdirSync(folder)).toEqual([]);
});

test("a name that the disk does not take stops the project that has it, and no other", async () => {
  const group = await startGroup(["platform/one", "platform/two"]);
  const name = `${"a".repeat(300)}.ts`;
  group.gitlab.forge("platform/one").repository.commit("main", { files: { [`manifests/${name}`]: "" } });

  const { runs } = await group.run();

  expect(runs).toMatchObject([
    {
      project: "platform/one",
      outcome: {
        errors: [
          {
            message: expect.stringContaining(`(manifests/${name}): ENAMETOOLONG`),
            hint: "give it a name of at most 255 bytes",
          },
        ],
      },
    },
    { project: "platform/two", outcome: { tended: { errors: [] } } },
  ]);
});
