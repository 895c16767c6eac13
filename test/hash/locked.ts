import { digestBody } from "../../src/hash/digest-body.js";
import type { FileForm } from "../../src/hash/form-content.js";
import { LockedVariant } from "../../src/lock/schema.js";

export interface Locked {
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly name?: string;
  readonly form?: FileForm;
  readonly job?: number;
}

/** What the lock holds about `bytes`. */
export async function lockedVariant({ url, bytes, name = "tool.bin", form = "file", job = 12 }: Locked) {
  const digests = await digestBody(once(bytes), { name, form, size: bytes.length });
  return LockedVariant.parse({
    name,
    version: "1.0",
    url,
    projectId: 7,
    project: "g/tool",
    ref: "main",
    commit: "a".repeat(40),
    pipeline: 11,
    job,
    jobName: "build",
    file: "tool.bin",
    form,
    ...digests,
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: null,
  });
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
