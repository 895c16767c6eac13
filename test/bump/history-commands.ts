/** The steps that histories are made of. A step for which nothing is there does nothing. */
import * as fc from "fast-check";
import { expect } from "vitest";
import { markerOf } from "../../src/bump/situation/marker.js";
import { isWished } from "../../src/bump/situation/wishes.js";
import { DEFAULT_BUMP } from "../../src/config/bump.js";
import type { MergeRequest } from "../../src/simulator/state/forge.js";
import {
  BRANCHES,
  expectAllWell,
  expectTold,
  expectWorkDone,
  FORGED,
  isOfBot,
  isUnknown,
  PROPOSED,
  stateOf,
  takeBackRefusals,
  TOOLS,
  ownOpen,
  wishedFor,
  type People,
} from "./history-checks.js";
import { PROJECT } from "./company.js";
import { killedAfter } from "./killed.js";
import type { SmallCompany } from "./small-company.js";

type Command = fc.AsyncCommand<People, SmallCompany>;

function command(
  name: string,
  act: (people: People, company: SmallCompany) => Promise<void> | void,
): Command {
  return {
    check: () => true,
    toString: () => name,
    async run(people, company) {
      await act(people, company);
      await expectAllWell(people, company);
    },
  };
}

/** A run that nobody disturbs, after which a second one writes nothing. */
export const RUN = command("a run", async (people, company) => {
  const before = unknownOnes(company);
  const opened = ownOpen(company).length;
  const isLimited = wishedFor(people, company).size === 0;
  // Whoever merges moves the target branch, which the next run has to look at.
  for (let merged = true; merged;) {
    takeBackRefusals(people, company);
    const first = await company.run();
    expect(first.errors.map(({ code }) => code)).toEqual(expectedErrors(company));
    expect(unknownOnes(company), "what is open and cannot be known").toEqual(before);
    company.writes();
    const second = await company.run();
    merged = [...first.applied, ...second.applied].some(({ outcome }) => outcome === "merged");
  }
  expect(company.writes(), "writes of a second run").toEqual([]);
  expectWorkDone(people, company);
  expectTold(people, company);
  const most = Math.max(opened, people.bump.maximumOpen ?? Infinity);
  if (isLimited) expect(ownOpen(company).length, "open at a time").toBeLessThanOrEqual(most);
});

function expectedErrors({ targets, unread, failing }: SmallCompany): readonly string[] {
  const read = targets.filter((target) => !unread.has(target));
  return [
    ...[...unread].map(() => "TEST_UNREAD"),
    ...read.flatMap(() => [...failing].map(() => "TEST_FAILING")),
  ];
}

/** Merge requests whose artifacts fail, or whose target cannot be read, stay as they are. */
function unknownOnes(company: SmallCompany): readonly string[] {
  return company
    .open()
    .filter(({ sourceBranch }) => isUnknown(sourceBranch, company))
    .map(stateOf);
}

const killed = fc.integer({ min: 1, max: 6 }).map((writes) =>
  command(`a run that is killed after ${writes} writes`, async (people, company) => {
    const { run, clients } = company;
    takeBackRefusals(people, company);
    await run({ ...clients, writer: killedAfter(writes)(clients.writer) }).catch(() => undefined);
  }),
);

const atOnce = command("two runs at once", async (people, company) => {
  const { run } = company;
  takeBackRefusals(people, company);
  await Promise.all([run(), run()]);
});

/** Just before the bot looks whether the branch is still what it planned with. */
const pushesMeanwhile = command("a person pushes while a run is at work", async (people, company) => {
  const { run, clients, forge } = company;
  const { gitlab } = clients;
  let isPushed = false;
  takeBackRefusals(people, company);
  await run({
    ...clients,
    gitlab: {
      ...gitlab,
      get(instance, path, schema, query) {
        const branch = String(path.at(-1));
        if (!isPushed && path.includes("branches") && forge.headOf(branch) !== undefined) {
          isPushed = true;
          const { id } = forge.repository.commit(branch, { files: { "notes.md": String(forge.nextId()) } });
          const request = company.open().find(({ sourceBranch }) => sourceBranch === branch);
          if (request === undefined) people.heads.set(branch, id);
          else protect(request, { people, company, branch }, id);
          forge.branchMoved(branch, 0);
        }
        return gitlab.get(instance, path, schema, query);
      },
    },
  });
});

const builds = fc.constantFrom(...TOOLS).map((tool) =>
  command(`${tool} is built`, (_people, { newest }) => {
    newest.set(tool, (newest.get(tool) ?? 0) + 1);
  }),
);

const fails = fc.constantFrom(...TOOLS).map((tool) =>
  command(`${tool} begins or ceases to fail`, (_people, { failing }) => {
    if (!failing.delete(tool)) failing.add(tool);
  }),
);

const loses = command(
  "the other target begins or ceases to be unreadable",
  (_people, { targets, unread }) => {
    for (const target of targets.slice(1)) if (!unread.delete(target)) unread.add(target);
  },
);

/** Of the company: histories with one target have only main. */
const target = fc.nat(2).map((index) => ({
  in: ({ targets }: SmallCompany) => targets[Math.max(0, index - 1) % targets.length] ?? "main",
  toString: () => (index === 2 ? "the last target" : "main"),
}));

const moves = target.map((moving) =>
  command(`${moving} moves`, (_people, company) => {
    const { forge } = company;
    forge.repository.commit(moving.in(company), { files: { "README.md": String(forge.nextId()) } });
  }),
);

/** By hand, so that branches conflict with it or have nothing left to propose. */
const locks = fc.tuple(fc.constantFrom(...TOOLS), fc.boolean(), target).map(([tool, isNewest, where]) =>
  command(`a person locks ${isNewest ? "the newest" : "another"} ${tool} on ${where}`, (_people, company) =>
    lockByHand(company, {
      tool,
      job: isNewest ? (company.newest.get(tool) ?? 1) : 1,
      on: where.in(company),
    }),
  ),
);

/** What the bot closed in between as obsolete is wanted again. */
const locksAndReverts = fc.tuple(fc.constantFrom(...TOOLS), target).map(([tool, where]) =>
  command(
    `a person locks the newest ${tool} on ${where}, and after a run the first again`,
    async (people, company) => {
      const on = where.in(company);
      await lockByHand(company, { tool, job: company.newest.get(tool) ?? 1, on });
      takeBackRefusals(people, company);
      await company.run();
      await lockByHand(company, { tool, job: 1, on });
    },
  ),
);

async function lockByHand(
  { forge, locked, entryOf, filesFor }: SmallCompany,
  { tool, job, on }: { readonly tool: string; readonly job: number; readonly on: string },
): Promise<void> {
  const { artifacts } = locked(on);
  const files = await filesFor({ version: 1, artifacts: { ...artifacts, [tool]: entryOf(tool, job) } });
  forge.repository.commit(on, { files, message: "Lock by hand" });
  forge.branchMoved(on, 0);
}

interface Meeting {
  readonly people: People;
  readonly company: SmallCompany;
  readonly branch: string;
}

/** A person does something to the open merge request of a branch. */
function toOpen(name: string, act: (request: MergeRequest, meeting: Meeting) => void): fc.Arbitrary<Command> {
  return fc.nat(BRANCHES.length - 1).map((index) =>
    command(`a person ${name} what is open at ${index}`, (people, company) => {
      const open = company.open();
      const request = open[index % open.length];
      const branch = request?.sourceBranch ?? "";
      if (request === undefined || company.forge.headOf(branch) === undefined) return;
      act(request, { people, company, branch });
      if (people.stopped.has(request.iid)) people.stopped.set(request.iid, stateOf(request));
    }),
  );
}

/** Whoever has ticked the box wants the branch made anew, whatever is on it. */
function protect(request: MergeRequest, { people, company, branch }: Meeting, head: string): void {
  const isWanted =
    request.description.includes("- [x]") ||
    isWished(wishedFor(people, company), "rebase", PROPOSED.get(branch)?.id ?? "");
  if (people.taken.has(request.iid) || !isWanted) people.heads.set(branch, head);
}

const pushes = toOpen("pushes to", (request, meeting) => {
  const { company, branch } = meeting;
  const { forge } = company;
  const { id } = forge.repository.commit(branch, { files: { "notes.md": String(forge.nextId()) } });
  protect(request, meeting, id);
  forge.branchMoved(branch, 0);
});

const amends = toOpen("amends the commit of", (request, meeting) => {
  const { company, branch } = meeting;
  const { forge, clock } = company;
  const head = forge.repository.at(branch);
  if (head === undefined) return;
  const { message, parents, tree } = head;
  const files = { ...Object.fromEntries(tree), "notes.md": String(forge.nextId()) };
  const authoredAt = new Date(clock.now.getTime() - 1000);
  const { id } = forge.repository.commit(branch, { files, message, authoredAt, onto: parents[0] ?? "main" });
  protect(request, meeting, id);
  forge.branchMoved(branch, 0);
});

/** All that the bot goes by, a green pipeline, and something more. */
const forges = toOpen("forges the commit of", (_request, meeting) => {
  const { company, branch, people } = meeting;
  const { forge, state } = company;
  const head = forge.repository.at(branch);
  if (head === undefined || people.heads.has(branch)) return;
  const { message, parents, tree } = head;
  const files = { ...Object.fromEntries(tree), [FORGED]: String(forge.nextId()) };
  const { id } = forge.repository.commit(branch, { files, message, onto: parents[0] ?? "main" });
  forge.branchMoved(branch, 0);
  state.addPipeline(PROJECT, { ref: branch, sha: id, status: "success" });
});

/** When the bot itself had closed it, no run may have seen that it was reopened; then nobody can tell who closed it. */
const closes = toOpen("closes", (request, { people, branch }) => {
  const marker = markerOf(request.description);
  request.state = "closed";
  people.stopped.delete(request.iid);
  if (people.taken.has(request.iid)) people.heads.delete(branch);
  else if (marker?.closed === undefined) people.refused.add(`${branch} ${marker?.fingerprint}`);
});

const takes = toOpen("removes the marker of", (request, { people, company, branch }) => {
  request.description = "I take it from here.";
  people.taken.add(request.iid);
  people.heads.set(branch, company.forge.headOf(branch) ?? "");
});

const merges = toOpen("merges", (request, { people, company: { forge }, branch }) => {
  const isForged = forge.repository.at(branch)?.tree.has(FORGED) === true;
  if (forge.repository.merge(branch, request.targetBranch, "Merge") === undefined) return;
  request.state = "merged";
  people.forged ||= isForged;
  people.merged.add(request.iid);
  people.heads.delete(branch);
  people.stopped.delete(request.iid);
  forge.repository.branches.delete(branch);
  forge.branchMoved(request.targetBranch, 0);
});

const ticks = toOpen("ticks the box of", (request, { people, branch }) => {
  request.description = request.description.replace("- [ ]", "- [x]");
  if (!people.taken.has(request.iid)) people.heads.delete(branch);
});

const retitles = toOpen("renames", (request) => {
  request.title = "Draft: something else";
});

const rewrites = toOpen("writes something above the text of", (request) => {
  if (request.description.length < 100_000) request.description = `Looks good!\n\n${request.description}`;
});

const stops = toOpen("stops or frees", (request, { people }) => {
  if (people.stopped.delete(request.iid)) request.labels = [];
  else {
    request.labels = [DEFAULT_BUMP.stopLabel];
    people.stopped.set(request.iid, stateOf(request));
  }
});

const builtIn = fc
  .constantFrom("success" as const, "success" as const, "failed" as const, "running" as const)
  .chain((status) =>
    toOpen(`sees a pipeline, ${status}, of`, (request, { company: { state }, branch }) => {
      state.addPipeline(PROJECT, { ref: branch, sha: request.sha, status });
    }),
  );

/** Also what the bot has closed and deleted: the person pushes the same commits again. */
const reopens = fc.constantFrom(...BRANCHES).map((branch) =>
  command(`a person reopens ${branch}`, (people, company) => {
    const { forge, open } = company;
    const last = forge.mergeRequests.findLast(({ sourceBranch }) => sourceBranch === branch);
    const hasOpen = open().some(({ sourceBranch }) => sourceBranch === branch);
    if (last?.state !== "closed" || hasOpen) return;
    const head = forge.headOf(branch) ?? last.sha;
    const commit = forge.repository.commitById(head);
    if (commit === undefined) return;
    forge.repository.branches.set(branch, head);
    if (people.taken.has(last.iid) || !isOfBot(commit)) protect(last, { people, company, branch }, head);
    last.state = "opened";
    people.refused.delete(`${branch} ${markerOf(last.description)?.fingerprint}`);
    forge.branchMoved(branch, 0);
    if (last.labels.includes(DEFAULT_BUMP.stopLabel)) people.stopped.set(last.iid, stateOf(last));
  }),
);

const ticksDashboard = fc.nat(9).map((index) =>
  command(`a person ticks box ${index} of the dashboard`, (people, { forge }) => {
    const issue = forge.issues.find(({ state }) => state === "opened");
    const boxes = [...(issue?.description.matchAll(/^- \[ \] <!-- artifacts-bump (\w+) (\S+) -->/gm) ?? [])];
    const chosen = boxes[index % boxes.length];
    if (issue === undefined || chosen === undefined) return;
    const [line, verb, topic] = chosen;
    issue.description = issue.description.replace(line, line.replace("[ ]", "[x]"));
    if (verb !== "rebase") return;
    for (const [branch] of people.heads)
      if (topic === "*" || topic === PROPOSED.get(branch)?.id) free(branch);

    function free(branch: string): void {
      const request = forge.mergeRequests.find(
        (one) => one.sourceBranch === branch && one.state === "opened",
      );
      if (!people.taken.has(request?.iid ?? 0)) people.heads.delete(branch);
    }
  }),
);

const turnsDashboard = command("a person closes or reopens the dashboard", (_people, { forge }) => {
  const [issue] = forge.issues;
  if (issue !== undefined) issue.state = issue.state === "opened" ? "closed" : "opened";
});

const rotates = command("the token is replaced by another user's", (_people, company) =>
  company.rotateToken(),
);

const deletes = fc.constantFrom(...BRANCHES).map((branch) =>
  command(`a person deletes ${branch}`, ({ heads, stopped }, { forge, open }) => {
    if (open().some(({ iid, sourceBranch }) => sourceBranch === branch && stopped.has(iid))) return;
    forge.repository.branches.delete(branch);
    heads.delete(branch);
  }),
);

/** Runs are as frequent as everything else together. */
export const COMMANDS: readonly fc.Arbitrary<Command>[] = [
  ...Array.from({ length: 5 }, () => fc.constant(RUN)),
  builds,
  builds,
  builds,
  builds,
  killed,
  killed,
  fc.constant(atOnce),
  fc.constant(pushesMeanwhile),
  locksAndReverts,
  moves,
  fc.constant(loses),
  pushes,
  stops,
  locks,
  locks,
  fails,
  locks,
  locks,
  pushes,
  amends,
  closes,
  merges,
  ticks,
  retitles,
  stops,
  builtIn,
  builtIn,
  reopens,
  reopens,
  deletes,
  takes,
  forges,
  rewrites,
  ticksDashboard,
  ticksDashboard,
  ticksDashboard,
  fc.constant(turnsDashboard),
  fc.constant(rotates),
];
