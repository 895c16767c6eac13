/**
 * The things that GitLab knows, as the simulator keeps them. Only the functions in this folder change them.
 */
import type { z } from "zod";
import type { Archive } from "../archive/archive.js";
import type { JobInput, Source, Status, TokenInput } from "./input.js";

export type Token = z.output<typeof TokenInput> & { name: string };

export interface Tag {
  readonly name: string;
  readonly commit: string;
  readonly committedAt: Date;
}

export interface Project {
  readonly id: number;
  /** People rename projects, and move them. */
  path: string;
  readonly visibility: "private" | "public";
  readonly defaultBranch: string;
  readonly publicJobs: boolean;
  readonly keepLatest: boolean;
  readonly jobTokenAllowlist: readonly string[];
  readonly tags: readonly Tag[];
  readonly protectedRefs: readonly string[];
  readonly archived: boolean;
  readonly emptyRepository: boolean;
  readonly mergeRequests: boolean;
  readonly createdAt: Date;
  /** In order of their ids. */
  readonly pipelines: Pipeline[];
  /** Whether merge requests are merged by merge trains; people switch it on and off. */
  mergeTrains: boolean;
}

export interface Pipeline {
  readonly id: number;
  /** Number within the project. */
  readonly iid: number;
  readonly project: Project;
  readonly ref: string;
  readonly tag: boolean;
  readonly sha: string;
  readonly status: Status;
  readonly source: Source;
  readonly name: string | null;
  readonly parent: Pipeline | undefined;
  readonly committedAt: Date;
  readonly authoredAt: Date;
  readonly commitTitle: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly jobs: Job[];
  readonly bridges: Bridge[];
}

/** The job of a pipeline that is to start another pipeline. */
export interface Bridge {
  readonly id: number;
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly status: Status;
  /** Undefined when it started none. */
  readonly downstream: Pipeline | undefined;
}

export interface Job {
  readonly id: number;
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly stage: string;
  readonly status: Status;
  readonly allowFailure: boolean;
  readonly createdAt: Date;
  /** What it was made from, so that it can be run again. */
  readonly input: z.output<typeof JobInput>;
  /** Whether a newer attempt has replaced it. */
  retried: boolean;
  erasedAt: Date | undefined;
  artifacts: Artifacts | undefined;
  /** When artifacts that the clean-up removed had expired: the job still tells. */
  expiredAt?: Date | null;
}

export interface Artifacts {
  /** File name of the archive, `artifacts.zip`. */
  readonly filename: string;
  /** Undefined when the job has reports only. */
  readonly archive: Archive | undefined;
  readonly access: "all" | "developer" | "maintainer" | "none";
  /** Null: kept for ever. */
  expireAt: Date | null;
}
