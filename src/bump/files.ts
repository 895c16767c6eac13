/** The files that a topic changes, compared by git's ids: what is as it should be is neither read nor written. */
import { relative } from "node:path";
import type { FileAction } from "../gitlab/repository.js";
import { lockText } from "../lock/write.js";
import { GENERATED_MARK, outputFiles } from "../output.js";
import { readText } from "../write-file.js";
import { blobId, type Snapshot } from "./snapshot.js";
import type { Topic } from "./topic.js";

/** Lock and overlay of a topic, against the snapshot. Pure but for the files of the snapshot. */
export async function filesOf({ lock }: Topic, snapshot: Snapshot): Promise<FileAction[]> {
  const { project, blobs } = snapshot;
  const { root } = project.config;
  const files = [
    { path: project.lockFile, text: await lockText(lock, await readText(project.lockFile)) },
    ...(await outputFiles(project, lock)),
  ].map(({ path, text }) => ({ path: relative(root, path), text }));
  const changed = files.flatMap(({ path, text }): FileAction[] => {
    const present = blobs.get(path);
    if (present === undefined) return [{ action: "create", path, text }];
    return blobId(Buffer.from(text), present) === present ? [] : [{ action: "update", path, text }];
  });
  return [...changed, ...(await staleFiles(snapshot, new Set(files.map(({ path }) => path))))];
}

/** Files that we generated and that this lock does not generate. */
async function staleFiles(
  { project, blobs, read }: Snapshot,
  current: ReadonlySet<string>,
): Promise<FileAction[]> {
  const folder = `${project.config.output}/`;
  const candidates = [...blobs.keys()].filter((path) => path.startsWith(folder) && path.endsWith(".nix"));
  const stale: FileAction[] = [];
  for (const path of candidates.filter((path) => !current.has(path)).sort()) {
    const text = await read(path);
    if (text?.startsWith(GENERATED_MARK) === true) stale.push({ action: "delete", path, text: "" });
  }
  return stale;
}
