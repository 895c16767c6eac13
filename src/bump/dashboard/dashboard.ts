/**
 * LAST in a run: the issue that tells everything that the bot did, waits with or wants a person for. This file: its text. Pure; the
 * same facts read the same.
 */
import { expiringVariants } from "../../lock/expiry.js";
import { code } from "../describe/markdown.js";
import { describeTopic } from "../describe/merge-request.js";
import type { Waiting, WaitingTopic } from "../plan/action.js";
import { explainRefusal } from "../situation/policy.js";
import type { Verb } from "../situation/wishes.js";
import { errorLines } from "./dashboard-errors.js";
import { openLines } from "./dashboard-open.js";
import {
  lineWithBox,
  MAX_ERROR_LENGTH,
  printSection,
  type DashboardFacts,
  type Line,
  type Section,
} from "./dashboard-section.js";

/** By which the bot knows the issue. */
export const DASHBOARD_MARK = "<!-- artifacts-bump-dashboard -->";

/** Words by which the issue is searched for. */
export const DASHBOARD_WORDS = "artifacts bump";

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

function sectionsOf(facts: DashboardFacts): readonly Section[] {
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
    ...sectionsThatWait(facts),
    {
      title: "Open",
      text: "Tick a box to have a branch made anew on top of the target branch, dropping other commits on it.",
      lines: openLines(facts),
      all: { verb: "rebase", text: "Make all open branches anew" },
    },
    ...sectionsOfPeople(facts),
    {
      title: "Expiring artifacts",
      text: `GitLab deletes these within ${facts.expiryWarningDays} days, or has done so, unless they are kept; what is in a cache or a store stays.`,
      lines: expiringLines(facts),
    },
  ];
}

/** What a later run will open by itself. */
function sectionsThatWait(facts: DashboardFacts): Section[] {
  const boxes = (verb: Verb, ...reasons: readonly Waiting[]) =>
    boxLines(verb, unopened(facts, reasons), facts);
  return [
    {
      title: "Pending",
      text: "They are younger than the configuration wants. Tick a box to open one now.",
      lines: boxes("approve", "too young"),
      all: { verb: "approve", text: "Open all pending ones now" },
    },
    {
      title: "Awaiting their schedule",
      text: "Tick a box to open one now.",
      lines: boxes("unschedule", "outside the schedule"),
      all: { verb: "unschedule", text: "Open all that await their schedule now" },
    },
    {
      title: "Rate limited",
      text: "As many are open, or were opened within the hour, as the configuration allows. Tick a box to open one now.",
      lines: boxes("unlimit", "too many open", "too many this hour"),
      all: { verb: "unlimit", text: "Open all rate limited ones now" },
    },
  ];
}

/** What only people can set going again. */
function sectionsOfPeople(facts: DashboardFacts): Section[] {
  const taken = unopened(facts, ["branch of a person"]);
  return [
    {
      title: "Branches of people",
      text: "The branch that would be proposed is in the hands of others. It is looked at again when it is deleted or renamed.",
      lines: taken.map(({ topic: { target, branch } }) => ({ target, text: `- ${code(branch)}` })),
    },
    {
      title: "Closed by people",
      text: "This content is not proposed again. Tick a box to have a new merge request for it.",
      lines: boxLines("recreate", unopened(facts, ["closed by a person"]), facts),
    },
  ];
}

/** Topics that wait for one of these reasons and have nothing open. */
function unopened({ plan }: DashboardFacts, reasons: readonly Waiting[]): readonly WaitingTopic[] {
  return plan.waiting.filter(({ why, request }) => reasons.includes(why) && request === undefined);
}

function boxLines(verb: Verb, topics: readonly WaitingTopic[], facts: DashboardFacts): Line[] {
  return topics.map(({ topic }) => ({ target: topic.target, text: lineWithBox(verb, topic, facts) }));
}

function refusalLine({ bump }: DashboardFacts): (waiting: WaitingTopic) => Line {
  return ({ topic, refusals = [] }) => {
    const reasons = refusals.map((refusal) => `  - ${code(explainRefusal(refusal), MAX_ERROR_LENGTH)}`);
    const text = [`- ${code(describeTopic(topic, bump).title)}`, ...reasons].join("\n");
    return { target: topic.target, text };
  };
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
