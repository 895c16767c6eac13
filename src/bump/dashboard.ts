/** The text of the dashboard: everything that the bot did, waits with or wants a person for. Pure; the same facts read the same. */
import { withoutRepeats, type UserError } from "../errors.js";
import type { Bump } from "../config/bump.js";
import { expiringVariants } from "../lock/expiry.js";
import { NO_PIPELINE, type Applied } from "./applied.js";
import { code, link } from "./markdown.js";
import { describeTopic } from "./merge-request.js";
import { branchOf, mayMerge, type Plan, type Waiting, type WaitingTopic } from "./plan.js";
import { explainRefusal } from "./policy.js";
import type { TargetFacts } from "./renew.js";
import type { Topic } from "./topic.js";
import { ALL, box, VERBS, type Verb, type Wish, type Wishes } from "./wishes.js";

export interface DashboardFacts {
  readonly bump: Bump;
  readonly plan: Plan;
  readonly applied: readonly Applied[];
  readonly errors: readonly UserError[];
  /** What each target branch has and what of it failed: the default branch first. */
  readonly targets: readonly TargetFacts[];
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

interface Line {
  /** The target branch that it is about, if it is about one. */
  readonly target?: string | undefined;
  /** Markdown; may have lines of its own below. */
  readonly text: string;
}

interface Section {
  readonly title: string;
  readonly text: string;
  readonly lines: readonly Line[];
  /** What one box for all boxes means; only shown where there are several. */
  readonly all?: { readonly verb: Verb; readonly text: string };
}

/** The description of the dashboard issue. */
export function describeDashboard(facts: DashboardFacts): string {
  const sections = sectionsOf(facts).filter(({ lines }) => lines.length > 0);
  return [
    `${DASHBOARD_MARK}\nThis issue is kept by \`${DASHBOARD_WORDS}\`. Tick a box, and the next run acts on it; other edits are lost.`,
    ...(sections.length === 0 ? ["Nothing is waiting, and nothing is open."] : []),
    ...sections.map((section) => printSection(section, facts)),
  ]
    .join("\n\n")
    .concat("\n");
}

function printSection({ title, text, lines, all }: Section, { ticked, targets }: DashboardFacts): string {
  const wish: Wish | undefined = all && `${all.verb} ${ALL}`;
  const shown = lines.slice(0, MAX_LINES);
  const boxes = lines.filter(({ text: line }) => /^- \[[ x]\] /.test(line));
  const isOne = wish === undefined || boxes.length < 2;
  const forAll = isOne ? [] : [{ text: box(wish, ticked.has(wish), `**${all?.text}**`) }];
  const rest = lines.length - shown.length;
  return [
    `## ${title}`,
    text,
    ...printLines(
      [...shown, ...forAll],
      targets.map(({ target }) => target.branch),
    ),
    ...(rest > 0 ? [`And ${rest} more.`] : []),
  ].join("\n\n");
}

/** Where there are several targets, under a heading for each, after what is about none of them. */
function printLines(lines: readonly Line[], targets: readonly string[]): string[] {
  const text = (some: readonly Line[]) => some.map((line) => line.text).join("\n");
  if (targets.length < 2) return [text(lines)];
  const common = lines.filter(({ target }) => target === undefined);
  return [
    ...(common.length === 0 ? [] : [text(common)]),
    ...targets.flatMap((target) => {
      const own = lines.filter((line) => line.target === target);
      return own.length === 0 ? [] : [`### ${code(target)}`, text(own)];
    }),
  ];
}

function sectionsOf(facts: DashboardFacts): readonly Section[] {
  const waiting = (...reasons: readonly Waiting[]) =>
    facts.plan.waiting.filter(({ why, request }) => reasons.includes(why) && request === undefined);
  const boxes = (verb: Verb, topics: readonly WaitingTopic[]) =>
    topics.map(({ topic }): Line => ({ target: topic.target, text: lineWithBox(verb, topic, facts) }));
  return [
    {
      title: "Errors",
      text: "They are tried again in every run. A box that opens something does so whatever the limits say.",
      lines: errorLines(facts),
    },
    {
      title: "Refused by the policy",
      text: "No box helps here: change the policy, or what it looks at.",
      lines: facts.plan.waiting.filter(({ refusals }) => refusals !== undefined).map(refusalLine(facts)),
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
      lines: waiting("branch of a person").map(({ topic: { target, branch } }) => ({
        target,
        text: `- ${code(branch)}`,
      })),
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
  const wish: Wish = `${verb} ${topic.id}`;
  return box(wish, ticked.has(wish), code(describeTopic(topic, bump).title));
}

/** What a person wished for and did not get stays wished for. */
function errorLines(facts: DashboardFacts): Line[] {
  const failed = facts.applied.filter(({ outcome }) => outcome === "failed");
  const told = new Set([
    ...failed.flatMap(({ errors }) => errors),
    ...facts.targets.flatMap(({ failed: own }) => [...own.values()].flat()),
  ]);
  const message = ({ message: text }: UserError) => code(text, MAX_ERROR_LENGTH);
  return [
    ...failed.map(({ action, errors }): Line => {
      const why = errors.map(message).join(" ");
      if (action.kind !== "open" && action.kind !== "update")
        return { text: `- ${code(branchOf(action))}: ${why}` };
      const { id, target } = action.topic;
      const wished = VERBS.find((verb) => facts.ticked.has(`${verb} ${id}`));
      return { target, text: `${lineWithBox(wished ?? "retry", action.topic, facts)}: ${why}` };
    }),
    ...facts.targets.flatMap(({ target, failed: own }) =>
      [...own].map(([artifact, errors]) => ({
        target: target.branch,
        text: `- ${code(artifact)}: ${withoutRepeats(errors).map(message).join(" ")}`,
      })),
    ),
    ...facts.errors.filter((error) => !told.has(error)).map((error) => ({ text: `- ${message(error)}` })),
  ];
}

function refusalLine({ bump }: DashboardFacts): (waiting: WaitingTopic) => Line {
  return ({ topic, refusals = [] }) => {
    const reasons = refusals.map((refusal) => `  - ${code(explainRefusal(refusal), MAX_ERROR_LENGTH)}`);
    const text = [`- ${code(describeTopic(topic, bump).title)}`, ...reasons].join("\n");
    return { target: topic.target, text };
  };
}

interface Open {
  readonly topic: Topic;
  readonly request: { readonly iid: number; readonly url: string };
  readonly note: string | undefined;
}

const STILL_OPEN = new Set(["opened", "updated", "not merged", "on the merge train", "left to a person"]);

function openLines(facts: DashboardFacts): Line[] {
  const done = facts.applied.flatMap(({ action, outcome, detail, request }): Open[] =>
    request === undefined || !("topic" in action) || !STILL_OPEN.has(outcome)
      ? []
      : [{ topic: action.topic, request, note: noteOf(outcome, detail, mayMerge(action.topic, facts.now)) }],
  );
  const waiting = facts.plan.waiting.flatMap(({ topic, why, request }): Open[] =>
    request === undefined ? [] : [{ topic, request, note: why === "up to date" ? undefined : why }],
  );
  const lines = [...done, ...waiting].map(({ topic, request: { iid, url }, note }) => {
    const wish: Wish = `rebase ${topic.id}`;
    const text = withNote(link(`!${iid} ${describeTopic(topic, facts.bump).title}`, url), note);
    // A box would do nothing for what has another target.
    const line = note === "has another target" ? `- ${text}` : box(wish, facts.ticked.has(wish), text);
    return { iid, line: { target: topic.target, text: line } };
  });
  const left = facts.plan.left.map(({ request: { iid, title, url, target }, why }) => ({
    iid,
    line: { target: target, text: `- ${withNote(link(`!${iid} ${title}`, url), why)}` },
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

function expiringLines({ targets, now, expiryWarningDays: days }: DashboardFacts): Line[] {
  return targets.flatMap(({ target, lock }) =>
    expiringVariants(lock, { now, days }).map(({ artifact, system, variant, expiresAt }) => {
      const day = new Date(expiresAt).toISOString().slice(0, 10);
      return {
        target: target.branch,
        text: `- ${code(artifact)} for ${code(system)}: job ${variant.job}, ${day}`,
      };
    }),
  );
}
