import { UserError } from "../errors.js";
import type { Resolved } from "../resolve/resolved.js";

/** The first bytes of a zip file (APPNOTE.TXT 4.3.7), and of one without entries (4.3.16). */
const ZIP_BEGINNINGS = new Set(["504b0304", "504b0506"]);
const BEGINNING_BYTES = 4;

/**
 * Passes the body of a whole `artifacts.zip` on unchanged, once it has begun as a zip file does.
 *
 * @throws UserError while reading, before anything is passed on, when it does not
 */
export async function* checkZip(
  body: AsyncIterable<Uint8Array>,
  resolved: Resolved,
): AsyncIterable<Uint8Array> {
  let beginning: Uint8Array = new Uint8Array();
  let checked = false;
  for await (const chunk of body) {
    if (checked) {
      yield chunk;
      continue;
    }
    beginning = Buffer.concat([beginning, chunk]);
    if (beginning.length < BEGINNING_BYTES) continue;
    if (!beginsAsZip(beginning)) throw notAZip(resolved, beginning);
    checked = true;
    yield beginning;
  }
  if (!checked) throw notAZip(resolved, beginning);
}

function beginsAsZip(bytes: Uint8Array): boolean {
  return ZIP_BEGINNINGS.has(hexOfBeginning(bytes));
}

function hexOfBeginning(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, BEGINNING_BYTES)).toString("hex");
}

function notAZip({ artifact, projectPath, job, at }: Resolved, beginning: Uint8Array): UserError {
  const what =
    beginning.length === 0
      ? "is empty"
      : `begins with the bytes ${hexOfBeginning(beginning)}, not with those of a zip file`;
  return new UserError(
    "HASH_NOT_A_ZIP",
    `${artifact}: the artifacts archive of job ${job} in ${projectPath} ${what}`,
    {
      hint: "look at the job's artifacts in GitLab; if they are fine there, something between here and GitLab has changed the answer",
      at: at.job,
    },
  );
}
