/**
 * What a job leaves behind when it ends: its archive, made as the instance's runner makes it.
 */
import type { z } from "zod";
import { packedZip, packFiles } from "../archive/archive.js";
import type { Knobs } from "../knobs.js";
import type { JobInput } from "./input.js";
import type { Artifacts } from "./model.js";

interface Uploading {
  /** Id of the job; decides the order of entries where that is shuffled. */
  readonly id: number;
  readonly createdAt: Date;
  readonly knobs: Knobs;
}

/** Modification time of every entry when the runs are to be alike. */
const FIXED_TIME = new Date("2020-01-01T00:00:00Z");

/** The artifacts of a job, or undefined when it has none. */
export function uploadedArtifacts(input: z.output<typeof JobInput>, job: Uploading): Artifacts | undefined {
  const { artifacts: given } = input;
  if (given === undefined) return undefined;
  if (given instanceof Uint8Array)
    return { filename: "artifacts.zip", archive: packedZip(given), access: "all", expireAt: null };
  const { compression, entryOrder, entryTimes } = job.knobs;
  const archive = packFiles(given.files, {
    compression,
    order: entryOrder,
    seed: job.id,
    modified: entryTimes === "job" ? job.createdAt : FIXED_TIME,
  });
  return {
    filename: `${given.name}.zip`,
    archive: given.reportsOnly ? undefined : archive,
    access: given.access,
    expireAt: given.expireAt === null ? null : new Date(given.expireAt),
  };
}
