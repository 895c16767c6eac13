/** What the lock knows about the build behind an entry, for `show`. */
import { commitAddress, compareAddress, jobAddress, pipelineAddress } from "../gitlab/web-address.js";
import type { LockedArtifact, LockedVariant } from "../lock/schema.js";
import { sriToHex } from "../store/sri.js";

export type Fact = readonly [label: string, value: string];

/** Pages in GitLab. The lock has the ids that they are made of. */
export interface Links {
  readonly commit: string;
  readonly pipeline: string;
  readonly job: string;
  /** What changed since the entry before; null when there was none, or of another project. */
  readonly compare: string | null;
}

export function linksOf(artifact: LockedArtifact, variant: LockedVariant): Links {
  const page = { instance: artifact.gitlab, project: variant.project };
  const from = variant.provenance?.previousCommit;
  return {
    commit: commitAddress(page, variant.commit),
    pipeline: pipelineAddress(page, variant.pipeline),
    job: jobAddress(page, variant.job),
    compare: from === undefined ? null : compareAddress(page, { from, to: variant.commit }),
  };
}

export function linkFacts({ pipeline, job, compare }: Links): Fact[] {
  const changes: Fact[] = compare === null ? [] : [["changes", compare]];
  return [["pipeline", pipeline], ["job", job], ...changes];
}

/** ` (protected)`; empty where GitLab did not tell. */
export function protection({ provenance }: LockedVariant): string {
  if (provenance?.refProtected === undefined) return "";
  return provenance.refProtected ? " (protected)" : " (not protected)";
}

export function commitFacts({ provenance: { commitTitle, authoredAt } = {} }: LockedVariant): Fact[] {
  const title: Fact[] = commitTitle === undefined ? [] : [["commit", commitTitle]];
  return authoredAt === undefined ? title : [...title, ["authored", authoredAt]];
}

/** Words of whoever could write into the archive, and said to be that. */
export function statementFacts(variant: LockedVariant): Fact[] {
  const statement = variant.provenance?.statement;
  if (statement === undefined) return [];
  const { builder, commit } = statement;
  const said = [
    `built by ${builder}`,
    ...(commit === undefined ? [] : [commit === variant.commit ? "of this commit" : `of commit ${commit}`]),
    ...subjectOf(variant),
  ];
  return [["statement", `${said.join(", ")} (the runner's own words, not signed)`]];
}

/** Only of form `file` is the locked hash one of the file itself. */
function subjectOf({ form, hash, provenance }: LockedVariant): string[] {
  const subject = provenance?.statement?.subject;
  if (subject === undefined || form !== "file") return [];
  const bytes = sriToHex(hash);
  return [subject === bytes ? "with these bytes" : "WITH OTHER BYTES"];
}
