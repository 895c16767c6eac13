/**
 * Stage 2, resolve → `Resolved`: the exact job that a declaration means now. Asks GitLab, downloads nothing.
 * This file is the stage's types; `resolve.ts` makes them.
 */
import type { Provenance } from "../lock/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import type { PassedOver } from "./passed-over.js";

/** A variant pinned to one job. Bytes of a job never change, so this names the bytes without having seen them. */
export interface Resolved extends Omit<DeclaredVariant, "jobName"> {
  /** Name in the Nix store, a legal store name. */
  readonly storeName: string;
  /** API URL of the bytes, by job id. */
  readonly url: string;
  readonly projectId: number;
  /** Full path of the project as GitLab says it now. */
  readonly projectPath: string;
  /** Bytes of the archive by GitLab's records; undefined for a file of it, and where they do not say. */
  readonly declaredSize: number | undefined;
  /** Bytes of the archive, also for a file of it; undefined where GitLab does not say. */
  readonly archiveSize: number | undefined;
  /** File name of the archive; undefined where GitLab was not asked or does not say. */
  readonly archiveName: string | undefined;
  /** Git ref of the job's pipeline. */
  readonly refName: string;
  readonly commit: string;
  readonly pipeline: number;
  readonly job: number;
  readonly jobName: string;
  /** When the job was created, ISO 8601 in UTC. */
  readonly createdAt: string;
  /** When GitLab may delete the bytes; null means never. */
  readonly expiresAt: string | null;
  /** Newer pipelines that do not have the job, or not as the ref wants it; the newest first. */
  readonly passedOver: readonly PassedOver[];
}

/** With what else the lock says of the job. No download needs it, so that one need not wait for the questions behind it. */
export interface Described extends Resolved {
  readonly version: string;
  /** What GitLab says about the commit and the ref; undefined when it was not asked. */
  readonly provenance: Pick<Provenance, "commitTitle" | "authoredAt" | "refProtected"> | undefined;
}
