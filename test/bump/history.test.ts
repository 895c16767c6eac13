/** Random histories of builds, people and runs, also of runs that are killed or at work at the same time. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprintOfCommit, markerOf } from "../../src/bump/marker.js";
import type { GitLabWriter } from "../../src/gitlab/writer.js";
import type { Commit } from "../../src/simulator/state/repository.js";
import { startCompany, type Company } from "./company.js";

const TOOLS = ["acme", "brisk"];

type Step =
  | { readonly kind: "build" | "push" | "close" | "merge" | "tick"; readonly tool: string }
  | { readonly kind: "main moves" | "run" | "two runs" }
  | { readonly kind: "killed run"; readonly after: number };

const tool = fc.constantFrom(...TOOLS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("build" as const), tool }) },
  { weight: 5, arbitrary: fc.constant({ kind: "run" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("killed run" as const), after: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "two runs" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "main moves" as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("push", "close", "merge", "tick"), tool }) },
);

/** What people have done, which the bot must respect. */
interface People {
  /** Head of each branch that a person pushed to. */
  readonly heads: Map<string, string>;
  /** Fingerprints that were refused, with their branch. */
  readonly refused: Set<string>;
}

test("in no history is a merge request doubled, a person overwritten or a refusal forgotten", async () => {
  const history = fc.array(step, { minLength: 4, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const company = await startCompany({ tools: TOOLS });
      company.gitlab.knobs.mergeabilityChecks = 0;
      const people: People = { heads: new Map(), refused: new Set() };
      for (const one of steps) {
        await take(one, company, people);
        check(company, people);
      }
      await company.run();
      company.writes();
      await company.run();
      expect(company.writes()).toEqual([]);
      check(company, people);
      await company.gitlab.close();
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

async function take(one: Step, company: Company, people: People): Promise<void> {
  switch (one.kind) {
    case "build":
      return company.build(one.tool);
    case "run":
      return void (await company.run());
    case "two runs":
      return void (await Promise.all([company.run(), company.run()]));
    case "killed run":
      return void (await company.run({ through: killedAfter(one.after) }).catch(() => undefined));
    case "main moves":
      company.forge.repository.commit("main", {
        files: { "README.md": String(company.gitlab.requests.length) },
      });
      return;
    default:
      actAsPerson(one.kind, `artifacts/${one.tool}`, { company, people });
  }
}

function actAsPerson(
  kind: "push" | "close" | "merge" | "tick",
  branch: string,
  { company, people }: { readonly company: Company; readonly people: People },
): void {
  const request = company.open().find(({ sourceBranch }) => sourceBranch === branch);
  const marker = markerOf(request?.description ?? "");
  if (request === undefined || marker === undefined || company.forge.headOf(branch) === undefined) return;
  if (kind === "push") {
    const files = { "notes.md": String(company.gitlab.requests.length) };
    people.heads.set(branch, company.forge.repository.commit(branch, { files }).id);
  } else if (kind === "close") {
    request.state = "closed";
    people.refused.add(`${branch} ${marker.fingerprint}`);
  } else if (kind === "merge") {
    if (company.forge.repository.merged(branch, "main") === undefined) return;
    company.mergeByPerson(request.iid);
    people.heads.delete(branch);
  } else {
    request.description = request.description.replace("- [ ]", "- [x]");
    people.heads.delete(branch);
  }
}

function check({ forge, open, locked }: Company, { heads, refused }: People): void {
  const branches = open().map(({ sourceBranch }) => sourceBranch);
  expect(new Set(branches).size).toBe(branches.length);
  for (const [branch, head] of heads) expect(forge.headOf(branch)).toBe(head);
  for (const { sourceBranch, description } of open()) {
    expect(refused).not.toContain(`${sourceBranch} ${markerOf(description)?.fingerprint}`);
  }
  for (const [branch, id] of forge.repository.branches) {
    const commit = forge.repository.commitById(id);
    if (commit === undefined || !isOfBot(commit)) continue;
    const [before, after] = [locked(commit.parents[0] ?? ""), locked(branch)];
    const changed = TOOLS.filter(
      (name) => JSON.stringify(before.artifacts[name]) !== JSON.stringify(after.artifacts[name]),
    );
    expect(changed).toEqual([branch.replace("artifacts/", "")]);
  }
}

function isOfBot({ id, message, parents, authoredAt, committedAt }: Commit): boolean {
  const dates = { authored_date: authoredAt.toISOString(), committed_date: committedAt.toISOString() };
  return fingerprintOfCommit({ id, message, parent_ids: [...parents], ...dates }) !== undefined;
}

function killedAfter(writes: number): (writer: GitLabWriter) => GitLabWriter {
  let left = writes;
  return (writer) => ({
    ...writer,
    async send(instance, write) {
      left -= 1;
      if (left < 0) throw new Error("killed");
      const answer = await writer.send(instance, write);
      if (left <= 0) throw new Error("killed");
      return answer;
    },
  });
}
