/** The text of the dashboard: everything that the bot did, waits with or wants a person for. Pure; the same facts read the same. */
import { withoutRepeats, type UserError } from "../errors.js";
import type { Bump } from "../config/bump.js";
import { expiringVariants } from "../lock/expiry.js";
import type { Lock } from "../lock/schema.js";
import type { ErrorsByArtifact } from "../pipeline.js";
import { NO_PIPELINE, type Applied } from "./applied.js";
import { code, link } from "./markdown.js";
import { describeTopic } from "./merge-request.js";
import { branchOf, mayMerge, type Plan, type Waiting, type WaitingTopic } from "./plan.js";
import { explainRefusal } from "./policy.js";
import type { Topic } from "./topic.js";
import { ALL, box, VERBS, type Verb, type Wish, type Wishes } from "./wishes.js";

export interface DashboardFacts {
  readonly bump: Bump;
  readonly plan: Plan;
  readonly applied: readonly Applied[];
  readonly errors: readonly UserError[];
  /** Those of them that belong to an artifact. */
  readonly failed: ErrorsByArtifact;
  /** Of the target branch. */
  readonly lock: Lock;
  readonly now: Date;
  /** As in the configuration. */
  readonly expiryWarningDays: number | null;
  /** Boxes to show ticked. */
  readonly ticked: Wishes;
}

/** Lines of one section: a person reads no more, and GitLab's limit of a description is far beyond them. */
const MAX_LINES = 100;
const MAX_ERROR_LENGTH = 400;

/** By which the bot knows the issue. */
export const DASHBOARD_MARK = "<!-- artifacts-bump-dashboard -->";

/** Words by which the issue is searched for. */
export const DASHBOARD_WORDS = "artifacts bump";

interface Section {
  readonly title: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** What one box for all boxes means; only shown where there are several. */
  readonly all?: { readonly verb: Verb; readonly text: string };
}

/** The description of the dashboard issue. */
export function describeDashboard(facts: DashboardFacts): string {
  const sections = sectionsOf(facts).filter(({ lines }) => lines.length > 0);
  return [
    `${DASHBOARD_MARK}\nThis issue is kept by \`${DASHBOARD_WORDS}\`. Tick a box, and the next run acts on it; other edits are lost.`,
    ...(sections.length === 0 ? ["Nothing is waiting, and nothing is open."] : []),
    ...sections.map((section) => printSection(section, facts.ticked)),
  ]
    .join("\n\n")
    .concat("\n");
}

function printSection({ title, text, lines, all }: Section, ticked: Wishes): string {
  const wish: Wish | undefined = all && `${all.verb} ${ALL}`;
  const shown = lines.slice(0, MAX_LINES);
  const rest = lines.length - shown.length;
  const boxes = lines.filter((line) => /^- \[[ x]\] /.test(line));
  return [
    `## ${title}`,
    text,
    [
      ...shown,
      ...(wish === undefined || boxes.length < 2 ? [] : [box(wish, ticked.has(wish), `**${all?.text}**`)]),
    ].join("\n"),
    ...(rest > 0 ? [`And ${rest} more.`] : []),
  ].join("\n\n");
}

function sectionsOf(facts: DashboardFacts): readonly Section[] {
  const waiting = (...reasons: readonly Waiting[]) =>
    facts.plan.waiting.filter(({ why, request }) => reasons.includes(why) && request === undefined);
  const boxes = (verb: Verb, topics: readonly WaitingTopic[]) =>
    topics.map(({ topic }) => lineWithBox(verb, topic, facts));
  return [
    {
      title: "Errors",
      text: "They are tried again in every run. A box that opens something does so whatever the limits say.",
      lines: errorLines(facts),
    },
    {
      title: "Refused by the policy",
      text: "No box helps here: change the policy, or what it looks at.",
      lines: facts.plan.waiting.filter(({ refusals }) => refusals !== undefined).flatMap(refusalLines(facts)),
    },
    {
      title: "Pending",
      text: "They are younger than the configuration wants. Tick a box to open one now.",
      lines: boxes("approve", waiting("too young")),
      all: { verb: "approve", text: "Open all pending ones now" },
    },
    {
      title: "Awaiting their schedule",
      text: "Tick a box to open one now.",
      lines: boxes("unschedule", waiting("outside the schedule")),
      all: { verb: "unschedule", text: "Open all that await their schedule now" },
    },
    {
      title: "Rate limited",
      text: "As many are open, or were opened within the hour, as the configuration allows. Tick a box to open one now.",
      lines: boxes("unlimit", waiting("too many open", "too many this hour")),
      all: { verb: "unlimit", text: "Open all rate limited ones now" },
    },
    {
      title: "Open",
      text: "Tick a box to have a branch made anew on top of the target branch, dropping other commits on it.",
      lines: openLines(facts),
      all: { verb: "rebase", text: "Make all open branches anew" },
    },
    {
      title: "Branches of people",
      text: "The branch that would be proposed is in the hands of others. It is looked at again when it is deleted or renamed.",
      lines: waiting("branch of a person").map(({ topic }) => `- ${code(topic.branch)}`),
    },
    {
      title: "Closed by people",
      text: "This content is not proposed again. Tick a box to have a new merge request for it.",
      lines: boxes("recreate", waiting("closed by a person")),
    },
    {
      title: "Expiring artifacts",
      text: `GitLab deletes these within ${facts.expiryWarningDays} days, or has done so, unless they are kept; what is in a cache or a store stays.`,
      lines: expiringLines(facts),
    },
  ];
}

function lineWithBox(verb: Verb, topic: Topic, { bump, ticked }: DashboardFacts): string {
  const wish: Wish = `${verb} ${topic.name}`;
  return box(wish, ticked.has(wish), code(describeTopic(topic, bump).title));
}

/** What a person wished for and did not get stays wished for. */
function errorLines(facts: DashboardFacts): string[] {
  const failed = facts.applied.filter(({ outcome }) => outcome === "failed");
  const told = new Set([...failed.flatMap(({ errors }) => errors), ...[...facts.failed.values()].flat()]);
  const message = ({ message: text }: UserError) => code(text, MAX_ERROR_LENGTH);
  return [
    ...failed.map(({ action, errors }) => {
      const why = errors.map(message).join(" ");
      if (action.kind !== "open" && action.kind !== "update") return `- ${code(branchOf(action))}: ${why}`;
      const { name } = action.topic;
      const wished = VERBS.find((verb) => facts.ticked.has(`${verb} ${name}`));
      return `${lineWithBox(wished ?? "retry", action.topic, facts)}: ${why}`;
    }),
    ...[...facts.failed].map(
      ([artifact, errors]) => `- ${code(artifact)}: ${withoutRepeats(errors).map(message).join(" ")}`,
    ),
    ...facts.errors.filter((error) => !told.has(error)).map((error) => `- ${message(error)}`),
  ];
}

function refusalLines({ bump }: DashboardFacts): (waiting: WaitingTopic) => string[] {
  return ({ topic, refusals = [] }) => [
    `- ${code(describeTopic(topic, bump).title)}`,
    ...refusals.map((refusal) => `  - ${code(explainRefusal(refusal), MAX_ERROR_LENGTH)}`),
  ];
}

interface Open {
  readonly topic: Topic;
  readonly request: { readonly iid: number; readonly url: string };
  readonly note: string | undefined;
}

const STILL_OPEN = new Set(["opened", "updated", "not merged", "on the merge train", "left to a person"]);

function openLines(facts: DashboardFacts): string[] {
  const done = facts.applied.flatMap(({ action, outcome, detail, request }): Open[] =>
    request === undefined || !("topic" in action) || !STILL_OPEN.has(outcome)
      ? []
      : [{ topic: action.topic, request, note: noteOf(outcome, detail, mayMerge(action.topic, facts.now)) }],
  );
  const waiting = facts.plan.waiting.flatMap(({ topic, why, request }): Open[] =>
    request === undefined ? [] : [{ topic, request, note: why === "up to date" ? undefined : why }],
  );
  const lines = [...done, ...waiting].map(({ topic, request, note }) => {
    const wish: Wish = `rebase ${topic.name}`;
    const text = link(`!${request.iid} ${describeTopic(topic, facts.bump).title}`, request.url);
    return { iid: request.iid, line: box(wish, facts.ticked.has(wish), withNote(text, note)) };
  });
  const left = facts.plan.left.map(({ request: { iid, title, url }, why }) => ({
    iid,
    line: `- ${withNote(link(`!${iid} ${title}`, url), why)}`,
  }));
  return [...lines, ...left].toSorted((a, b) => a.iid - b.iid).map(({ line }) => line);
}

function withNote(text: string, note: string | undefined): string {
  return note === undefined ? text : `${text}: ${note}`;
}

/** The same as the next run would say, which finds it open and waiting. */
function noteOf(
  outcome: Applied["outcome"],
  detail: string | undefined,
  waitsForPipeline: boolean,
): string | undefined {
  if (outcome === "left to a person") return "branch of a person";
  if (outcome === "on the merge train") return "being merged";
  if (outcome === "not merged") return code(detail ?? "not merged");
  return waitsForPipeline ? code(NO_PIPELINE) : undefined;
}

function expiringLines({ lock, now, expiryWarningDays: days }: DashboardFacts): string[] {
  return expiringVariants(lock, { now, days }).map(
    ({ artifact, system, variant, expiresAt }) =>
      `- ${code(artifact)} for ${code(system)}: job ${variant.job}, ${new Date(expiresAt).toISOString().slice(0, 10)}`,
  );
}
