import { artifactUrl, type JobAddress } from "../gitlab/artifact-url.js";
import type { LockedArtifact, LockedVariant } from "../lock/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import type { PassedOver } from "./passed-over.js";
import type { Described } from "./resolved.js";

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

/** Whether an entry is of this job, whichever file of its archive it names. */
export function isOfJob(
  locked: LockedVariant | undefined,
  { instance, projectId, job }: JobAddress,
): locked is LockedVariant {
  return locked?.url.startsWith(artifactUrl({ instance, projectId, job }, undefined)) === true;
}

/** The variant resolved to the job that is locked. */
export function asLocked(
  declared: DeclaredVariant,
  locked: LockedVariant,
  passedOver: readonly PassedOver[],
): Described {
  const { name, version, url, projectId, project, ref, commit, pipeline, job, jobName } = locked;
  return {
    ...declared,
    storeName: name,
    version,
    url,
    projectId,
    projectPath: project,
    declaredSize: undefined,
    archiveSize: undefined,
    archiveName: undefined,
    refName: ref,
    commit,
    pipeline,
    job,
    jobName,
    createdAt: locked.createdAt,
    expiresAt: locked.expiresAt,
    provenance: lockedProvenance(locked),
    passedOver,
  };
}

/** What GitLab said when the job was locked. A ref may lose its protection; that is no news of the job. */
export function lockedProvenance({ provenance }: LockedVariant): Described["provenance"] {
  if (provenance === undefined) return undefined;
  const { commitTitle, authoredAt, refProtected } = provenance;
  return {
    ...(commitTitle === undefined ? {} : { commitTitle }),
    ...(authoredAt === undefined ? {} : { authoredAt }),
    ...(refProtected === undefined ? {} : { refProtected }),
  };
}
