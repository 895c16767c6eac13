/** What the policy in the configuration says of an update. Pure. */
import type { Bump, Policy } from "../../config/bump.js";
import { matches } from "../../config/pattern.js";
import type { Change } from "../../lock/diff.js";
import { excerpt } from "../../redact.js";
import { ruleOf } from "../renew/rules.js";
import type { Topic } from "../renew/topic.js";
import type { Evidence, Told } from "./evidence.js";

/** Why an update is not proposed: plain data for reports. The texts may hold words of others, and are not escaped. */
export interface Refusal {
  readonly artifact: string;
  readonly system: string;
  /** Field of `policy` in the configuration. */
  readonly policy: "protectedRefs" | "projects" | "pipelineStatus" | "maximumSizeChangePercent";
  readonly expected: string;
  readonly found: string;
}

/** Everything that the policy has against a topic; a group is refused as a whole. What is removed is never refused. */
export function refusalsOf({ changes, target }: Topic, bump: Bump, evidence: Evidence): readonly Refusal[] {
  return changes.flatMap((change) => judge(change, ruleOf(bump, change.artifact, target).policy, evidence));
}

function judge({ artifact, system, from, to }: Change, policy: Policy, evidence: Evidence): Refusal[] {
  if (to === undefined) return [];
  const { protectedRefs, projects, pipelineStatus, maximumSizeChangePercent } = policy;
  const facts = evidence.get(to.url);
  const refusals: Refusal[] = [];
  const refuse = (field: Refusal["policy"], expected: string, found: string) =>
    void refusals.push({ artifact, system, policy: field, expected, found });
  const protection = protectedRefs === true ? foundInstead("protected", facts?.protection) : undefined;
  if (protection !== undefined)
    refuse("protectedRefs", "a protected branch or tag", `${to.ref} is ${protection}`);
  if (projects !== undefined && !projects.some((pattern) => matches(pattern, to.project)))
    refuse("projects", `a project of ${projects.join(", ")}`, to.project);
  const status =
    pipelineStatus === undefined ? undefined : foundInstead(pipelineStatus, facts?.pipelineStatus);
  if (status !== undefined)
    refuse("pipelineStatus", `a pipeline with the status ${pipelineStatus}`, `${to.pipeline} is ${status}`);
  const percent = from === undefined ? 0 : changeInPercent(from.size, to.size);
  if (maximumSizeChangePercent !== undefined && percent > maximumSizeChangePercent) {
    const found = `${from?.size ?? 0} → ${to.size} bytes, which is ${Math.round(percent)} %`;
    refuse("maximumSizeChangePercent", `a size that changes by at most ${maximumSizeChangePercent} %`, found);
  }
  return refusals;
}

/** Undefined when it is as wanted. */
function foundInstead(wanted: string, told: Told<string> | undefined): string | undefined {
  if (told === undefined) return "not known";
  if ("unknown" in told) return `not known: ${told.unknown}`;
  return told.value === wanted ? undefined : told.value;
}

function changeInPercent(from: number, to: number): number {
  if (from === to) return 0;
  return from === 0 ? Number.POSITIVE_INFINITY : (Math.abs(to - from) / from) * 100;
}

/** One line for a terminal or a log. */
export function explainRefusal({ artifact, system, expected, found }: Refusal): string {
  return `${artifact} (${system}): expected ${expected}, found ${excerpt(found)}`;
}
