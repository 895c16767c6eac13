/** What must hold in every history, whatever people, builds and runs have done. */
import { expect } from "vitest";
import { fingerprintOfCommit, markerOf } from "../../src/bump/situation/marker.js";
import { topicsOf, type Topic } from "../../src/bump/renew/topic.js";
import { isWished, NO_WISHES, wishesIn, type Wishes } from "../../src/bump/situation/wishes.js";
import type { Bump } from "../../src/config/bump.js";
import type { MergeRequest } from "../../src/simulator/state/forge.js";
import type { Commit } from "../../src/simulator/state/repository.js";
import type { SmallCompany } from "./small-company.js";

/** The second target branch, in histories that have one. */
export const RELEASE = "release/1";

interface Proposed {
  readonly tools: readonly string[];
  /** The branch that it is to be merged into. */
  readonly target: string;
  /** The id of its topic, as in the boxes of the dashboard. */
  readonly id: string;
}

const TOPICS: readonly (readonly [name: string, tools: readonly string[]])[] = [
  ["acme", ["acme"]],
  ["brisk", ["brisk"]],
  ["group.pair", ["crane", "drill"]],
];

/** By the branch that proposes it. */
export const PROPOSED: ReadonlyMap<string, Proposed> = new Map(
  TOPICS.flatMap(([name, tools]): [string, Proposed][] => [
    [`artifacts/${name}`, { tools, target: "main", id: name }],
    [`artifacts/${name}@${RELEASE}`, { tools, target: RELEASE, id: `${name}@release%2F1` }],
  ]),
);
export const TOOLS: readonly string[] = TOPICS.flatMap(([, tools]) => tools);
export const BRANCHES: readonly string[] = [...PROPOSED.keys()];

/** The model: what people have said and done, which the bot must respect. */
export interface People {
  readonly bump: Bump;
  /** Head of each branch that a person pushed to. */
  readonly heads: Map<string, string>;
  /** Fingerprints that were refused, with their branch. */
  readonly refused: Set<string>;
  /** Numbers of what people merged. */
  readonly merged: Set<number>;
  /** What a merge request with the stop label was like when it got it, by its number. */
  readonly stopped: Map<number, string>;
  /** Numbers of those whose marker a person removed. */
  readonly taken: Set<number>;
  /** Whether a person merged what only looks like a commit of the bot. */
  forged: boolean;
}

/** In commits that a person made to look like the bot's. */
export const FORGED = "forged.md";

/** After every step, also in the middle of a run's work. */
export async function expectAllWell(people: People, company: SmallCompany): Promise<void> {
  const { forge, open, state } = company;
  const topics = ownOpen({ open }).map(({ targetBranch, description }) =>
    JSON.stringify([markerOf(description)?.topic, targetBranch]),
  );
  expect(new Set(topics).size, "one open merge request per topic").toBe(topics.length);
  for (const [branch, head] of people.heads) expect(forge.headOf(branch), "a person's branch").toBe(head);
  for (const { sourceBranch, description } of open()) {
    const fingerprint = markerOf(description)?.fingerprint;
    expect(people.refused, "a refusal").not.toContain(`${sourceBranch} ${fingerprint}`);
  }
  for (const [iid, before] of people.stopped)
    expect(stateOf(forge.mergeRequests[iid - 1]), "a stopped one").toBe(before);
  for (const request of forge.mergeRequests) {
    if (request.state !== "merged" || people.merged.has(request.iid)) continue;
    const last = [...state.pipelines.values()].findLast(({ sha }) => sha === request.sha);
    expect(people.bump.automerge).toBe(true);
    expect(last?.status, "the pipeline of the commit that was merged").toBe("success");
    expect(people.taken, "merged by the bot").not.toContain(request.iid);
  }
  const isForged = company.targets.some((target) => forge.repository.at(target)?.tree.has(FORGED) === true);
  if (!people.forged) expect(isForged, "merged what only looks like the bot's").toBe(false);
  await expectMinimalLocks(company);
}

/** All that can be seen of a merge request and its branch. */
export function stateOf(request: MergeRequest | undefined): string {
  return JSON.stringify([request?.title, request?.description, request?.sha, request?.state]);
}

const looked = new Set<string>();

/** Each commit of the bot changes the entries of its own topic, to jobs that there were, and the overlay with them. */
async function expectMinimalLocks({ forge, locked, entryOf, newest, filesFor }: SmallCompany): Promise<void> {
  for (const [branch, id] of forge.repository.branches) {
    const commit = forge.repository.commitById(id);
    if (commit === undefined || looked.has(id) || !isOfBot(commit)) continue;
    looked.add(id);
    const [before, after] = [locked(commit.parents[0] ?? ""), locked(branch)];
    const changed = TOOLS.filter((tool) => jobOf(before, tool) !== jobOf(after, tool));
    expect(changed.length).toBeGreaterThan(0);
    expect(PROPOSED.get(branch)?.tools).toEqual(expect.arrayContaining(changed));
    for (const tool of changed) {
      const job = jobOf(after, tool) ?? 0;
      expect(job).toBeLessThanOrEqual(newest.get(tool) ?? 0);
      expect(after.artifacts[tool]).toEqual(entryOf(tool, job));
    }
    expect(Object.fromEntries(commit.tree)).toMatchObject(await filesFor(after));
  }
}

/** Without those that people took over. */
export function ownOpen({ open }: Pick<SmallCompany, "open">): readonly MergeRequest[] {
  return open().filter(({ description }) => markerOf(description) !== undefined);
}

/** The dashboard links to all that is open, and there is one. */
export function expectTold({ bump }: People, { forge, open }: SmallCompany): void {
  if (!bump.dashboard) return;
  const opened = forge.issues.filter(({ state }) => state === "opened");
  expect(opened.length).toBeLessThanOrEqual(1);
  const [dashboard] = opened;
  if (dashboard === undefined) return;
  const linked = [...dashboard.description.matchAll(/\[`!(\d+) /g)].map(([, iid]) => Number(iid));
  const own = ownOpen({ open });
  expect(linked, "what the dashboard says is open").toEqual(
    expect.arrayContaining(own.filter(({ labels }) => labels.length === 0).map(({ iid }) => iid)),
  );
  expect(own.map(({ iid }) => iid)).toEqual(expect.arrayContaining(linked));
}

/** What the ticked boxes of the dashboard say. */
export function wishedFor({ bump }: People, { forge }: SmallCompany): Wishes {
  const dashboard = forge.issues.find(({ state }) => state === "opened");
  return dashboard === undefined || !bump.dashboard ? NO_WISHES : wishesIn(dashboard.description);
}

/** Before a run: what people refused and want again is no longer refused. */
export function takeBackRefusals(people: People, company: SmallCompany): void {
  const wishes = wishedFor(people, company);
  for (const { id, branch, fingerprint } of wantedTopics(people, company)) {
    const head = company.forge.repository.at(branch);
    const isHeld = head !== undefined && !isOfBot(head);
    if (isWished(wishes, "recreate", id) && !isHeld) people.refused.delete(`${branch} ${fingerprint}`);
  }
}

/** What should be proposed, had nobody a say; without what cannot be known. */
function wantedTopics({ bump }: People, company: SmallCompany): Topic[] {
  const { locked, newest, targets, entryOf } = company;
  const artifacts = Object.fromEntries(TOOLS.map((tool) => [tool, entryOf(tool, newest.get(tool) ?? 1)]));
  const topics = targets.flatMap((branch) =>
    topicsOf(bump, {
      target: { branch, isDefault: branch === "main" },
      before: locked(branch),
      after: { version: 1, artifacts },
    }),
  );
  return topics.filter(({ branch }) => !isUnknown(branch, company));
}

/** Whether a tool of it fails, or its target cannot be read. */
export function isUnknown(branch: string, { failing, unread }: SmallCompany): boolean {
  const { tools = [], target = "" } = PROPOSED.get(branch) ?? {};
  return unread.has(target) || tools.some((tool) => failing.has(tool));
}

/** After a run that nobody disturbed: nothing that is wanted is missing, and nothing is there that is not. */
export function expectWorkDone(people: People, company: SmallCompany): void {
  const { forge, open, locked, newest } = company;
  const topics = wantedTopics(people, company);
  for (const [branch, { tools }] of PROPOSED) {
    const request = open().find(({ sourceBranch }) => sourceBranch === branch);
    if (isUnknown(branch, company) || people.stopped.has(request?.iid ?? 0)) continue;
    if (people.taken.has(request?.iid ?? 0)) continue;
    const topic = topics.find((one) => one.branch === branch);
    if (topic === undefined) {
      expect(request, `${branch} has nothing to propose`).toBeUndefined();
      continue;
    }
    const head = forge.repository.at(branch);
    const isOfPerson = head !== undefined && !isOfBot(head);
    if (request === undefined) {
      const isRefused = people.refused.has(`${branch} ${topic.fingerprint}`);
      const isFull = open().length >= (people.bump.maximumOpen ?? Infinity);
      expect(isRefused || isFull || isOfPerson, `${branch} is proposed`).toBe(true);
    } else if (!isOfPerson) {
      // What the target branch has got since need not be on a branch that is only behind.
      const wanted = tools.filter((tool) => topic.changes.some(({ artifact }) => artifact === tool));
      const proposed = wanted.map((tool) => jobOf(locked(branch), tool));
      expect(proposed, `${branch} is up to date`).toEqual(wanted.map((tool) => newest.get(tool)));
      expect(markerOf(request.description)?.fingerprint).toBe(topic.fingerprint);
    }
  }
}

function jobOf(lock: ReturnType<SmallCompany["locked"]>, tool: string): number | undefined {
  return lock.artifacts[tool]?.systems["x86_64-linux"]?.job;
}

export function isOfBot({ id, message, parents, authoredAt, committedAt }: Commit): boolean {
  const dates = { authored_date: authoredAt.toISOString(), committed_date: committedAt.toISOString() };
  return fingerprintOfCommit({ id, message, parent_ids: [...parents], ...dates }) !== undefined;
}
