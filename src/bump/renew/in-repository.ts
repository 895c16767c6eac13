import { relative } from "node:path";
import { throwAll, UserError, userErrorsOf } from "../../errors.js";

/** `work`, whose errors are told by the paths of the repository that was read into `folder`. */
export async function inRepository<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throwAll((userErrorsOf(error) ?? []).map((one) => toldInRepository(one, folder)));
    throw error;
  }
}

/** The folder is gone when the error is read, and nobody knew it before. */
export function toldInRepository(error: UserError, folder: string): UserError {
  const { code, message, hint, at, exitCode } = error;
  const inside = at?.file.startsWith(`${folder}/`) === true;
  if (!inside && !`${message} ${hint}`.includes(folder)) return error;
  return new UserError(code, withoutFolder(message, folder), {
    hint: hint === undefined ? undefined : withoutFolder(hint, folder),
    at: inside ? { ...at, file: relative(folder, at.file) } : at,
    exitCode,
    cause: error,
  });
}

function withoutFolder(text: string, folder: string): string {
  const short = text.replaceAll(`${folder}/`, "").replaceAll(` (${folder})`, "");
  return short.replaceAll(folder, "the repository");
}
