import type { Ref } from "../artifact.js";
import { UserError } from "../errors.js";
import type { Job } from "../gitlab/schema.js";
import { excerpt } from "../redact.js";
import type { Miss } from "./passed-over.js";
import type { Search } from "./search.js";

/** The options of a ref that several jobs may fit. */
export type Choice = Pick<Extract<Ref, { branch: string }>, "minimumReleaseAge" | "pipelineStatus">;

/** Why the options exclude a job that is there; undefined when they do not. */
export function missOfChoice(
  job: Job,
  { minimumReleaseAge, pipelineStatus }: Choice,
  search: Search,
): Miss | undefined {
  if (pipelineStatus === "any" && job.status !== "success") {
    return miss(job, search, {
      code: "RESOLVE_JOB_NOT_SUCCESSFUL",
      what: `is "${excerpt(job.status)}"`,
      hint: "wait for the job, or see why it failed",
    });
  }
  if (minimumReleaseAge === undefined) return undefined;
  const ended = job.finished_at ?? job.created_at;
  if (search.now.getTime() - new Date(ended).getTime() >= milliseconds(minimumReleaseAge)) return undefined;
  return miss(job, search, {
    code: "RESOLVE_TOO_YOUNG",
    what: `ended on ${ended}, less than the minimum release age of ${minimumReleaseAge} ago`,
    hint: "wait, or lower minimumReleaseAge",
  });
}

const HOUR = 3_600_000;
const UNITS = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR } as const;

/** `3 days` in milliseconds. */
export function milliseconds(age: string): number {
  const [count = "", word = ""] = age.split(" ");
  const unit = Object.entries(UNITS).find(([name]) => word.startsWith(name))?.[1];
  if (unit === undefined) throw new Error(`not an age: ${age}`); // the schema lets nothing else pass
  return Number(count) * unit;
}

interface Reason {
  readonly code: string;
  /** Continues "Job 7 …". */
  readonly what: string;
  readonly hint: string;
}

function miss(job: Job, { variant }: Search, { code, what, hint }: Reason): Miss {
  const name = `${job.id} "${excerpt(job.name)}"`;
  const message = `Job ${name} of pipeline ${job.pipeline.id} in ${variant.project} ${what}.`;
  return {
    why: `has the job ${name}, which ${what}`,
    gone: false,
    error: new UserError(code, message, { at: variant.at.ref, hint }),
  };
}
