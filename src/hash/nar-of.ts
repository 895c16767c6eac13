import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Form } from "../artifact.js";
import { narFrame } from "../store/nar.js";
import { FORM_CONTENT } from "./form-content.js";
import { MAX_ENTRIES } from "./unpack/tree.js";
import { type Nar, withUnpacked } from "./unpack/unpack.js";

/** What a file becomes in the store, and the names to call it by in messages. A variant of the lock is one, given a name. */
export interface NarContent {
  readonly artifact: string;
  readonly project: string;
  readonly job: number;
  readonly form: Form;
  /** Bytes that the NAR has; one that is larger is refused before it fills the disk. */
  readonly narSize: number;
}

export interface NarOptions {
  /** What to do when `narSize` is only a limit and the archive is right. */
  readonly advice?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The NAR of the store path that `file` becomes, for the time of `use`. Nothing is verified here.
 *
 * @param file the bytes of the artifact as GitLab has them
 * @throws UserError `UNPACK_REFUSED` when form is `unpacked` and the archive is damaged, hostile or too large
 */
export async function withNarOf<T>(
  content: NarContent,
  file: string,
  use: (nar: Nar) => Promise<T>,
  { advice, signal }: NarOptions = {},
): Promise<T> {
  const { artifact, project, job, form, narSize } = content;
  if (form === "unpacked") {
    const label = `${artifact}: the archive of job ${job} in ${project}`;
    const limits = { bytes: narSize, entries: MAX_ENTRIES, advice };
    return withUnpacked({ file, label, limits, signal }, use);
  }
  const { prefix, suffix, narSize: size } = narFrame((await stat(file)).size, FORM_CONTENT[form].executable);
  return use({
    size,
    async *read() {
      yield prefix;
      yield* createReadStream(file) as AsyncIterable<Uint8Array>;
      yield suffix;
    },
  });
}
