/** A job that succeeded, as `lock` sees it once the bytes are there; the number decides every fact that a new job changes. */
import { createHash } from "node:crypto";
import type { Lockable } from "../../src/lock/create.js";
import { makeHashed } from "./lock.js";

export const SYSTEMS = ["aarch64-linux", "x86_64-linux"] as const;

/** What the job leaves, for each of `SYSTEMS`. No other job has its URLs and bytes. */
export function makeBump(artifact: string, job: number, differs: Partial<Lockable> = {}): Lockable[] {
  return SYSTEMS.map((system) =>
    makeHashed(artifact, system, {
      version: `1.0.${job}`,
      url: `https://gitlab.example.com/api/v4/projects/42/jobs/${job}/artifacts/${artifact}-${system}`,
      file: `${artifact}-${system}`,
      job,
      pipeline: Math.ceil(job / 2),
      commit: createHash("sha1").update(`${job}`).digest("hex"),
      size: job * 7,
      hash: `sha256-${createHash("sha256").update(`${artifact} ${system} ${job}`).digest("base64")}`,
      ...differs,
    }),
  );
}
