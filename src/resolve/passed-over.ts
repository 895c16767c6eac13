import type { UserError } from "../errors.js";

/** Why a pipeline does not have the job that is looked for. */
export interface Miss {
  /** Continues "Pipeline 7 …". */
  readonly why: string;
  /** Whether there were artifacts that exist no more: expired or erased. */
  readonly gone: boolean;
  /** The same as an error, for when nothing else is found. */
  readonly error: UserError;
}

/** A newer pipeline, or a higher tag, that was not taken. */
export interface PassedOver {
  readonly ref: string;
  /** Undefined for a ref without any pipeline that counts. */
  readonly pipeline: number | undefined;
  /** Continues "Pipeline 7 …" or "Tag v2 …". */
  readonly why: string;
  readonly gone: boolean;
}

/** `Pipeline 9 on "main" has no job "build"`. */
export function describePassedOver({ ref, pipeline, why }: PassedOver): string {
  return pipeline === undefined ? `"${ref}" ${why}` : `Pipeline ${pipeline} on "${ref}" ${why}`;
}
