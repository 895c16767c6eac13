/** The files that a topic changes, compared by git's ids: what is as it should be is neither read nor written. */
import { relative } from "node:path";
import type { FileAction } from "../../gitlab/repository.js";
import { lockText } from "../../lock/write.js";
import { GENERATED_NAME, isGenerated, outputFiles } from "../../output.js";
import { readText } from "../../write-file.js";
import type { ManifestEdit } from "../renew/manifest-edit.js";
import { blobId, type Snapshot } from "../renew/snapshot.js";
import type { Topic } from "../renew/topic.js";

/** Manifests, lock and overlay of a topic, against the snapshot. Pure but for the files of the snapshot. */
export async function filesOf({ lock, edits }: Topic, snapshot: Snapshot): Promise<FileAction[]> {
  const { project, blobs } = snapshot;
  const { root } = project.config;
  const generated = [
    { path: project.lockFile, text: lockText(lock, await readText(project.lockFile)) },
    ...(await outputFiles(project, lock)),
  ].map(({ path, text }) => ({ path: relative(root, path), text }));
  const files = [...(await editedManifests(edits, snapshot)), ...generated];
  const changed = files.flatMap(({ path, text }): FileAction[] => {
    const present = blobs.get(path);
    if (present === undefined) return [{ action: "create", path, text }];
    return blobId(Buffer.from(text), present) === present ? [] : [{ action: "update", path, text }];
  });
  return [...changed, ...(await staleFiles(snapshot, new Set(files.map(({ path }) => path))))];
}

/** All edits of one manifest at once. The module is loaded with a TypeScript parser, so only when it is needed. */
async function editedManifests(
  edits: readonly ManifestEdit[],
  { read }: Snapshot,
): Promise<{ path: string; text: string }[]> {
  if (edits.length === 0) return [];
  const { edited } = await import("../renew/manifest-edit.js");
  const paths = [...new Set(edits.map(({ path }) => path))].sort();
  return Promise.all(
    paths.map(async (path) => {
      const own = edits.filter((edit) => edit.path === path);
      return { path, text: edited((await read(path)) ?? "", own) };
    }),
  );
}

/** Files that we generated and that this lock does not generate. */
async function staleFiles(
  { project, blobs, read }: Snapshot,
  current: ReadonlySet<string>,
): Promise<FileAction[]> {
  const folder = `${project.config.output}/`;
  const candidates = [...blobs.keys()].filter((path) => path.startsWith(folder) && GENERATED_NAME.test(path));
  const stale: FileAction[] = [];
  for (const path of candidates.filter((path) => !current.has(path)).sort()) {
    const text = await read(path);
    if (isGenerated(text ?? "")) stale.push({ action: "delete", path, text: "" });
  }
  return stale;
}
