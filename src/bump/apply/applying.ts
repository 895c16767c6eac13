import type { Bump } from "../../config/bump.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import type { GitLabWriter } from "../../gitlab/writer.js";
import type { Snapshot } from "../renew/snapshot.js";
import type { Topic } from "../renew/topic.js";
import type { Situation } from "../situation/situation.js";
import type { NameLookup } from "./name-lookup.js";

/** What every change of one run is made with. */
export interface Applying {
  readonly gitlab: GitLab;
  readonly writer: GitLabWriter;
  /** Whom to ask about the projects that artifacts come from: answers may be those of the beginning of the run. */
  readonly sources: GitLab;
  readonly address: ProjectAddress;
  /** Whether the project merges by merge trains. */
  readonly mergeTrains: boolean;
  /** What was read, by target branch; of every target that has a topic. */
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly situation: Situation;
  /** The configuration that the plan was made with. */
  readonly bump: Bump;
  readonly names: NameLookup;
  readonly signal: AbortSignal;
}

/** What the branch of a topic stands on. */
export function snapshotFor({ target }: Topic, { snapshots }: Applying): Snapshot {
  const snapshot = snapshots.get(target);
  if (snapshot === undefined) throw new Error(`nothing was read of ${target}`);
  return snapshot;
}
