import { expect, test } from "vitest";
import { startCompany, type Company } from "./company.js";

const CONFIG = "automerge: true";

interface Proposed extends Company {
  /** The commit that the bot proposes. */
  readonly head: () => string;
  /** A pipeline of GitLab's merge of two commits, by default of what is proposed into main. */
  readonly mergePipeline: (given?: {
    status?: "success" | "failed";
    ref?: string;
    source?: string;
    onto?: string;
  }) => void;
}

async function proposed({
  mergeTrains,
  config = CONFIG,
}: {
  readonly mergeTrains: boolean;
  readonly config?: string;
}): Promise<Proposed> {
  const company = await startCompany({ config, mergeTrains });
  company.gitlab.knobs.mergeabilityChecks = 0;
  company.build("acme", "acme 2");
  await company.run();
  company.writes();
  const { forge, gitlab } = company;
  return {
    ...company,
    head: () => forge.headOf("artifacts/acme") ?? "",
    mergePipeline({
      status = "success",
      ref = "refs/merge-requests/1/merge",
      source = "artifacts/acme",
      onto = "main",
    } = {}) {
      const merge = forge.repository.mergeCommit(source, onto, "Merge");
      if (merge === undefined) throw new Error(`${source} and ${onto} conflict`);
      gitlab.addPipeline("platform/packages", {
        ref,
        status,
        sha: merge.id,
        source: "merge_request_event",
      });
    },
  };
}

async function detailOf({ run }: Company): Promise<string | undefined> {
  return (await run()).applied[0]?.detail;
}

test("with merged results pipelines, the pipeline of GitLab's merge of exactly the bot's commit counts", async () => {
  const company = await proposed({ mergeTrains: false });
  const { repository } = company.forge;
  const other = repository.commit("other", { files: { "x.md": "x" }, onto: "main" });

  company.mergePipeline({ source: other.id });
  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
  company.mergePipeline({ ref: "refs/merge-requests/2/merge" });
  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
  // Anyone who may push can make such a merge on the branch, and take it away again.
  company.mergePipeline({ ref: "artifacts/acme" });
  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
  // The bot's commit as the first parent: something was merged into it.
  company.mergePipeline({ source: other.id, onto: company.head() });
  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
  company.mergePipeline({ status: "failed" });
  expect(await detailOf(company)).toBe("its pipeline is failed");
  expect(company.writes()).toEqual([]);

  company.mergePipeline();
  await company.run();

  expect(company.writes()).toEqual(["PUT /merge_requests/1/merge"]);
  expect(company.forge.mergeRequests[0]?.state).toBe("merged");
});

test("a pipeline whose commit is gone proves nothing", async () => {
  const company = await proposed({ mergeTrains: false });
  company.gitlab.addPipeline("platform/packages", {
    ref: "refs/merge-requests/1/merge",
    sha: "0".repeat(40),
  });

  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
});

test("in a project with merge trains it is put on the train, and left there while main moves", async () => {
  const company = await proposed({ mergeTrains: true });
  company.mergePipeline();
  const { applied } = await company.run();

  expect(applied).toMatchObject([{ outcome: "on the merge train", request: { iid: 1 } }]);
  expect(company.writes()).toEqual(["POST /merge_trains/merge_requests/1"]);
  const head = company.head();
  company.forge.repository.commit("main", { files: { "other.md": "merged by the train before" } });
  company.forge.branchMoved("main", 0);

  expect((await company.run()).plan.waiting).toMatchObject([{ why: "being merged" }]);
  expect(company.writes()).toEqual([]);
  expect(company.head()).toBe(head);

  company.mergeByPerson(1);
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("the dashboard says that it is being merged, in the run that saw to it as in the next", async () => {
  const company = await proposed({ mergeTrains: true, config: "automerge: true, dashboard: true" });
  company.mergePipeline();

  await company.run();

  expect(company.forge.issues[0]?.description).toMatch(/!1 .*being merged/);
  company.writes();
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("something newer takes it from the train, and only its own green pipeline puts it back", async () => {
  const company = await proposed({ mergeTrains: true });
  company.mergePipeline();
  await company.run();
  company.build("acme", "acme 2.1");

  await company.run();

  expect(company.forge.mergeRequests[0]?.onTrain).toBe(false);
  expect(await detailOf(company)).toBe("no pipeline ran for its commit");
  company.mergePipeline();
  await company.run();
  expect(company.forge.mergeRequests[0]?.onTrain).toBe(true);
});

test("it does not board again after the train's own pipeline has failed", async () => {
  const company = await proposed({ mergeTrains: true });
  company.mergePipeline();
  company.mergePipeline({ ref: "refs/merge-requests/1/train", status: "failed" });

  expect(await detailOf(company)).toBe("its pipeline is failed");
  expect(company.writes()).toEqual([]);
});

test("a push between the look and the train is refused by GitLab, which is told the commit", async () => {
  const company = await proposed({ mergeTrains: true });
  company.mergePipeline();
  const { applied } = await company.run({
    through: (writer) => ({
      ...writer,
      send(instance, write) {
        company.forge.repository.commit("artifacts/acme", { files: { "evil.sh": "x" } });
        company.forge.branchMoved("artifacts/acme", 0);
        return writer.send(instance, write);
      },
    }),
  });

  expect(applied).toMatchObject([
    { outcome: "not merged", detail: expect.stringContaining("SHA does not match") },
  ]);
  expect(company.forge.mergeRequests[0]?.onTrain).toBe(false);
});

test("an answer of the train that is lost is looked up, and it does not board twice", async () => {
  const company = await proposed({ mergeTrains: true });
  company.mergePipeline();
  company.gitlab.fault({ kind: "truncated", method: "POST", path: "merge_trains" });

  const { applied, errors } = await company.run();

  expect(errors).toEqual([]);
  expect(applied).toMatchObject([{ outcome: "on the merge train" }]);
  expect(company.writes()).toEqual(["POST /merge_trains/merge_requests/1"]);
});
