/** All that a plan is made of besides the topics, with what the policy of the default branch has against these. Reads only. */
import type { GitLab } from "../../gitlab/gitlab.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import type { Renewed } from "../renew/renew.js";
import type { Snapshot } from "../renew/snapshot.js";
import type { Topic } from "../renew/topic.js";
import { gatherEvidence } from "./evidence.js";
import { refusalsOf } from "./policy.js";
import { countSince, readOpen, readRefused, type Situation } from "./situation.js";

export interface SituationOptions {
  readonly gitlab: GitLab;
  /** Whom to ask about the projects that artifacts come from: answers may be those of the beginning of the run. */
  readonly sources: GitLab;
  readonly address: ProjectAddress;
  readonly projectId: number;
  /** The default branch. Its configuration says the rules for all targets. */
  readonly base: { readonly branch: string; readonly snapshot: Snapshot };
  readonly renewals: readonly Renewed[];
  readonly now: Date;
}

const HOUR_MS = 3_600_000;

/** What people closed, and how much was opened within the hour, is asked for only when a topic has no open merge request. */
export async function readSituation(
  { gitlab, sources, address, projectId, base, renewals, now }: SituationOptions,
  topics: readonly Topic[],
): Promise<Situation> {
  const where = { gitlab, address, projectId, defaultBranch: base.branch };
  const here = await readOpen(where);
  const isOpen = new Set([...here.open.map(({ branch }) => branch), ...here.retargeted.keys()]);
  const fresh = topics.map(({ branch }) => branch).filter((branch) => !isOpen.has(branch));
  const { bump: config } = base.snapshot.project.config;
  const limited = config.maximumPerHour !== null && fresh.length > 0;
  const [refused, recent, evidence] = await Promise.all([
    readRefused(where, fresh),
    limited ? countSince(where, new Date(now.getTime() - HOUR_MS)) : 0,
    gatherEvidence(sources, topics, config),
  ]);
  const refusals = topics.map((topic) => [topic.id, refusalsOf(topic, config, evidence)] as const);
  return {
    ...here,
    now,
    heads: new Map(renewals.map(({ target, snapshot }) => [target.branch, snapshot.commit])),
    refused,
    recent,
    refusals: new Map(refusals.filter(([, found]) => found.length > 0)),
  };
}
