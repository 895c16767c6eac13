import { UserError } from "../errors.js";
import type { Resolved } from "../resolve/resolved.js";

/**
 * Passes a body on unchanged, as long as it has as many bytes as GitLab's record of the artifacts says.
 *
 * @throws UserError `HASH_OTHER_SIZE` while reading, when it has not
 */
export async function* checkSize(
  body: AsyncIterable<Uint8Array>,
  resolved: Resolved,
): AsyncIterable<Uint8Array> {
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > (resolved.declaredSize ?? Infinity)) break;
    yield chunk;
  }
  refuseUndeclaredSize(received, resolved);
}

/** @throws UserError `HASH_OTHER_SIZE` when it is known to be another */
export function refuseUndeclaredSize(
  size: number | undefined,
  { artifact, projectPath, job, at, declaredSize }: Resolved,
): void {
  if (size === undefined || declaredSize === undefined || size === declaredSize) return;
  const got = size > declaredSize ? "more" : `${size}`;
  throw new UserError(
    "HASH_OTHER_SIZE",
    `${artifact}: the artifacts archive of job ${job} in ${projectPath} has ${declaredSize} bytes in GitLab's records, but ${got} came`,
    {
      hint: "run the command again; if it stays so, something between here and GitLab, or its storage, changes or cuts what it carries",
      at: at.job,
    },
  );
}
