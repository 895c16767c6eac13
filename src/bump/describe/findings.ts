/**
 * What a description tells beyond what the plan knows: asked for only when the description is written anyway, so that a run with
 * nothing to do costs nothing. The same entries of the lock lead to the same findings, so they do not count when descriptions are
 * compared.
 */
import type { GitLab } from "../../gitlab/gitlab.js";
import type { Topic } from "../renew/topic.js";
import { type Changelog, readChangelogs } from "./changelog.js";
import { type ContentChange, readContentChanges } from "./contents.js";

export interface Findings {
  readonly changelogs: readonly Changelog[];
  readonly contents: readonly ContentChange[];
  /** When they were gathered. */
  readonly now: Date;
}

/** Asks GitLab a bounded number of questions. What it does not answer is said in the description, and is no error. */
export async function gatherFindings(gitlab: GitLab, topic: Topic, now: Date): Promise<Findings> {
  const [changelogs, contents] = await Promise.all([
    readChangelogs(gitlab, topic),
    readContentChanges(gitlab, topic),
  ]);
  return { changelogs, contents, now };
}
