/** Where the proposed bytes come from, for who wants to check, as a section of a description. Pure. */
import type { Change } from "../../lock/diff.js";
import type { Topic } from "../renew/topic.js";
import { code, details, pipelineLink, table } from "./markdown.js";

const DAY_MS = 86_400_000;
const MAX_ROWS = 200;
const HEAD = ["Artifact", "System", "Project", "Ref", "Pipeline", "File", "Age when proposed", "Hash"];

/** Empty when nothing comes in. */
export function provenanceSection({ changes, lock }: Topic, now: Date): string {
  const rows = changes.slice(0, MAX_ROWS).flatMap((change) => {
    const instance = lock.artifacts[change.artifact]?.gitlab;
    return instance === undefined ? [] : rowOf(change, instance, now);
  });
  return rows.length === 0 ? "" : details("Provenance", table(HEAD, rows));
}

function rowOf({ artifact, system, from, to }: Change, instance: string, now: Date): string[][] {
  if (to === undefined) return [];
  const isElsewhere = from !== undefined && from.projectId !== to.projectId;
  return [
    [
      code(artifact),
      code(system),
      isElsewhere ? `${code(to.project)}, before ${code(from.project)}` : code(to.project),
      code(to.ref),
      pipelineLink({ instance, project: to.project }, to.pipeline),
      code(to.file ?? "artifacts.zip"),
      ageOf(to.createdAt, now),
      code(to.hash),
    ],
  ];
}

function ageOf(createdAt: string, now: Date): string {
  const days = Math.max(0, Math.floor((now.getTime() - Date.parse(createdAt)) / DAY_MS));
  return days === 1 ? "1 day" : `${days} days`;
}
