import { artifactUrl } from "../gitlab/artifact-url.js";
import type { LockedArtifact, LockedVariant } from "../lock/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import type { PassedOver } from "./passed-over.js";
import type { Resolved } from "./resolved.js";

/** What the lock holds for a variant now. */
export interface Previous {
  readonly artifact: LockedArtifact;
  readonly variant: LockedVariant;
}

/** Whether the locked bytes are of the job, file and form that the manifest names today. */
export function fitsLocked(declared: DeclaredVariant, { variant }: Previous): boolean {
  const { projectId, job, url, form, jobName } = variant;
  return (
    url === artifactUrl({ instance: declared.gitlab, projectId, job }, declared.file) &&
    form === declared.form &&
    (declared.jobName ?? jobName) === jobName
  );
}

/** The variant resolved to the job that is locked. */
export function asLocked(
  declared: DeclaredVariant,
  locked: LockedVariant,
  passedOver: readonly PassedOver[],
): Resolved {
  const { name, version, url, projectId, project, ref, commit, pipeline, job, jobName } = locked;
  return {
    ...declared,
    storeName: name,
    version,
    url,
    projectId,
    projectPath: project,
    declaredSize: undefined,
    refName: ref,
    commit,
    pipeline,
    job,
    jobName,
    createdAt: locked.createdAt,
    expiresAt: locked.expiresAt,
    passedOver,
  };
}
