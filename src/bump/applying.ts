import type { Bump } from "../config/bump.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { ProjectAddress } from "../gitlab/projects.js";
import type { GitLabWriter } from "../gitlab/writer.js";
import type { NameLookup } from "./name-lookup.js";
import type { Situation } from "./situation.js";
import type { Snapshot } from "./snapshot.js";

/** What every change of one run is made with. */
export interface Applying {
  readonly gitlab: GitLab;
  readonly writer: GitLabWriter;
  readonly address: ProjectAddress;
  readonly targetBranch: string;
  /** Whether the project merges by merge trains. */
  readonly mergeTrains: boolean;
  readonly snapshot: Snapshot;
  readonly situation: Situation;
  /** The configuration that the plan was made with. */
  readonly bump: Bump;
  readonly names: NameLookup;
  readonly signal: AbortSignal;
}
