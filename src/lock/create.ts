/** Hashed variants + old lock → new lock. Pure. */
import { throwAll, UserError } from "../errors.js";
import type { Hashed } from "../hash/hashed.js";
import type { Declared } from "../manifest/declared.js";
import type { Described } from "../resolve/resolved.js";
import type { Lock, LockedArtifact, LockedVariant, Provenance } from "./schema.js";

/** A variant of which all is known that an entry says. */
export type Lockable = Hashed & Described;

/**
 * The lock after a run.
 *
 * An artifact enters as a whole: with all its systems, or, when one of them is missing from `hashed` because it failed,
 * not at all. Then its old entry stays exactly as it was, so that one name never means two versions.
 *
 * @param declared all artifacts of the manifests; what is locked but no longer declared is dropped
 * @param hashed the variants that this run settled, downloaded or taken over unchanged
 * @throws UserError or UserErrors, SAME_JOB_OTHER_BYTES, when GitLab serves other bytes than before under the same job id
 */
export function createLock(declared: readonly Declared[], hashed: readonly Lockable[], previous: Lock): Lock {
  refuseChangedBytes(hashed, previous);
  const artifacts: Record<string, LockedArtifact> = {};
  for (const artifact of declared) {
    const entry =
      lockArtifact(artifact, hashed, previous.artifacts[artifact.name]) ?? previous.artifacts[artifact.name];
    if (entry !== undefined) artifacts[artifact.name] = entry;
  }
  return { version: previous.version, artifacts };
}

function lockArtifact(
  artifact: Declared,
  hashed: readonly Lockable[],
  before: LockedArtifact | undefined,
): LockedArtifact | undefined {
  const own = hashed.filter((one) => one.artifact === artifact.name);
  const complete = artifact.variants.every(({ system }) => own.some((one) => one.system === system));
  if (!complete) return undefined;
  return {
    ...(artifact.description === undefined ? {} : { description: artifact.description }),
    gitlab: artifact.gitlab,
    project: artifact.project,
    ref: artifact.ref,
    fetch: artifact.fetch,
    install: artifact.install,
    ...(artifact.license === undefined ? {} : { license: artifact.license }),
    ...(artifact.groups.length === 0 ? {} : { groups: [...artifact.groups] }),
    systems: Object.fromEntries(
      own.map((one) => [one.system, lockVariant(one, lockedAt(artifact, before)?.[one.system])]),
    ),
  };
}

/** The old entries, if they are of the same instance: elsewhere ids and commits mean other things. */
function lockedAt(
  { gitlab }: Declared,
  before: LockedArtifact | undefined,
): Readonly<Record<string, LockedVariant>> | undefined {
  return before?.gitlab === gitlab ? before.systems : undefined;
}

/** Exactly the facts of the format, and none of those that only this run needed. */
function lockVariant(hashed: Lockable, before: LockedVariant | undefined): LockedVariant {
  return {
    name: hashed.storeName,
    version: hashed.version,
    url: hashed.url,
    projectId: hashed.projectId,
    project: hashed.projectPath,
    ref: hashed.refName,
    commit: hashed.commit,
    pipeline: hashed.pipeline,
    job: hashed.job,
    jobName: hashed.jobName,
    file: hashed.file ?? null,
    form: hashed.form,
    size: hashed.size,
    hash: hashed.hash,
    narHash: hashed.narHash,
    narSize: hashed.narSize,
    storePath: hashed.storePath,
    createdAt: hashed.createdAt,
    expiresAt: hashed.expiresAt,
    ...(hashed.provenance === undefined ? {} : { provenance: provenanceOf(hashed, before) }),
  };
}

function provenanceOf(hashed: Lockable, before: LockedVariant | undefined): Provenance {
  const previousCommit = previousCommitOf(hashed, before);
  const { statement } = hashed;
  return {
    ...hashed.provenance,
    ...(previousCommit === undefined ? {} : { previousCommit }),
    ...(statement === undefined ? {} : { statement }),
  };
}

/** Another job of the same commit does not make the comparison empty. */
function previousCommitOf(hashed: Lockable, before: LockedVariant | undefined): string | undefined {
  if (before?.projectId !== hashed.projectId) return undefined;
  return before.commit === hashed.commit ? before.provenance?.previousCommit : before.commit;
}

/** A job's artifacts are immutable in GitLab. If they changed, somebody replaced them or stands in between. */
function refuseChangedBytes(hashed: readonly Lockable[], previous: Lock): void {
  const locked = new Map<string, LockedVariant>();
  for (const variant of Object.values(previous.artifacts).flatMap(({ systems }) => Object.values(systems))) {
    locked.set(`${variant.form} ${variant.url}`, variant);
  }
  const changed = hashed.flatMap((now) => {
    const before = locked.get(`${now.form} ${now.url}`);
    return before === undefined || before.hash === now.hash ? [] : [changedBytes(now, before)];
  });
  throwAll(changed);
}

function changedBytes(now: Hashed, before: LockedVariant): UserError {
  return new UserError(
    "SAME_JOB_OTHER_BYTES",
    `${now.artifact} (${now.system}): job ${now.job} of ${now.projectPath} now serves other bytes than those locked ` +
      `(locked ${before.hash}, got ${now.hash}); nothing was written`,
    {
      at: now.at.job,
      hint:
        "artifacts of a job never change in GitLab: find out who replaced them. " +
        "If the change is right, run the job again and lock the new job",
    },
  );
}
