/** What failed, as lines of the dashboard. Pure. */
import { withoutRepeats, type UserError } from "../../errors.js";
import { code } from "../describe/markdown.js";
import { branchOf } from "../plan/action.js";
import { VERBS } from "../situation/wishes.js";
import { lineWithBox, MAX_ERROR_LENGTH, type DashboardFacts, type Line } from "./dashboard-section.js";

/** What a run failed to do, what of each target failed, and what belongs to neither. What a person wished for and did not get stays wished for. */
export function errorLines(facts: DashboardFacts): Line[] {
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
