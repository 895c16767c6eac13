import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a directory, and those above it that are missing. Node's own way (`recursive`) does not end where the system says of a
 * directory that it is not there, although the one above it is, as in /proc, and hides why a read-only file system takes none.
 *
 * @param mode of each that is made
 */
export async function makeDirectory(directory: string, mode = 0o777): Promise<void> {
  const failure = await tryToMake(directory, mode);
  if (failure === undefined) return;
  const above = dirname(directory);
  if (failure.code !== "ENOENT" || above === directory) throw failure;
  await makeDirectory(above, mode);
  const again = await tryToMake(directory, mode);
  if (again !== undefined) throw again;
}

/** What keeps it from being there. */
async function tryToMake(directory: string, mode: number): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(directory, { mode });
    return undefined;
  } catch (error) {
    const status = await stat(directory).catch(() => undefined);
    return status?.isDirectory() === true ? undefined : (error as NodeJS.ErrnoException); // what mkdir throws
  }
}
