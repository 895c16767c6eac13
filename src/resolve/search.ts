import type { ProjectAddress } from "../gitlab/projects.js";
import type { Job } from "../gitlab/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import type { Inquiry } from "./inquiry.js";
import type { PassedOver } from "./passed-over.js";

/** The search for the job of one variant. */
export interface Search {
  readonly variant: DeclaredVariant;
  readonly inquiry: Inquiry;
  readonly now: Date;
  /** Tells the person something that does not stop the run. */
  readonly warn: (message: string) => void;
}

export interface Found {
  readonly job: Job;
  /** What was looked at before, the newest first. */
  readonly passedOver: readonly PassedOver[];
}

/** Finds the job that a ref of one kind means now. Throws a UserError that knows its place in the manifest. */
export type JobFinder<R> = (ref: R, search: Search) => Promise<Found>;

/** The project as the manifest names it. */
export function declaredAddress({ gitlab, project }: DeclaredVariant): ProjectAddress {
  return { instance: gitlab, project };
}
