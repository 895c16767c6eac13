/** What the sections of the dashboard are made of, and how they are printed. Pure. */
import type { Bump } from "../../config/bump.js";
import type { UserError } from "../../errors.js";
import type { Applied } from "../apply/applied.js";
import { code } from "../describe/markdown.js";
import { describeTopic } from "../describe/merge-request.js";
import type { Plan } from "../plan/action.js";
import type { TargetFacts } from "../renew/renew.js";
import type { Topic } from "../renew/topic.js";
import { ALL, box, type Verb, type Wish, type Wishes } from "../situation/wishes.js";

/** What a dashboard tells. */
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

/** Characters of an error, or of a reason of a policy. */
export const MAX_ERROR_LENGTH = 400;

export interface Line {
  /** The target branch that it is about, if it is about one. */
  readonly target?: string | undefined;
  /** Markdown; may have lines of its own below. */
  readonly text: string;
}

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly lines: readonly Line[];
  /** What one box for all boxes means; only shown where there are several. */
  readonly all?: { readonly verb: Verb; readonly text: string };
}

export function printSection(
  { title, text, lines, all }: Section,
  { ticked, targets }: Pick<DashboardFacts, "ticked" | "targets">,
): string {
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
function printLines(lines: readonly Line[], looked: readonly string[]): string[] {
  const text = (some: readonly Line[]) => some.map((line) => line.text).join("\n");
  if (looked.length < 2) return [text(lines)];
  // Also those that could not be looked at.
  const targets = new Set([...looked, ...lines.flatMap(({ target }) => target ?? [])]);
  const common = lines.filter(({ target }) => target === undefined);
  return [
    ...(common.length === 0 ? [] : [text(common)]),
    ...[...targets].flatMap((target) => {
      const own = lines.filter((line) => line.target === target);
      return own.length === 0 ? [] : [`### ${code(target)}`, text(own)];
    }),
  ];
}

/** A topic by its title, with a box for a wish. */
export function lineWithBox(verb: Verb, topic: Topic, { bump, ticked }: DashboardFacts): string {
  const wish: Wish = `${verb} ${topic.id}`;
  return box(wish, ticked.has(wish), code(describeTopic(topic, bump).title));
}
