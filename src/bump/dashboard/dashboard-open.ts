/** What is open, as lines of the dashboard. Pure. */
import { NO_PIPELINE, type Applied } from "../apply/applied.js";
import { code, link } from "../describe/markdown.js";
import { describeTopic } from "../describe/merge-request.js";
import { mayMerge } from "../plan/plan-topic.js";
import type { Topic } from "../renew/topic.js";
import { box, type Wish } from "../situation/wishes.js";
import type { DashboardFacts, Line } from "./dashboard-section.js";

interface Open {
  readonly topic: Topic;
  readonly request: { readonly iid: number; readonly url: string };
  readonly note: string | undefined;
}

const STILL_OPEN = new Set(["opened", "updated", "not merged", "on the merge train", "left to a person"]);

/** One for each merge request, oldest first. */
export function openLines(facts: DashboardFacts): Line[] {
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
