/** The TypeScript files of the manifest folder. */
import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { isInside } from "../evaluate/source-file.js";
import { UserError } from "../errors.js";

/**
 * Paths of all `*.ts` below `folder`, sorted; declaration files, hidden folders and `node_modules` are passed over.
 *
 * @param root existing folder that must not be left
 * @throws UserError MANIFESTS_MISSING, MANIFEST_OUTSIDE
 */
export function findManifests(root: string, folder: string): readonly string[] {
  const path = join(root, folder);
  if (!isFolder(path)) {
    throw new UserError("MANIFESTS_MISSING", `there is no folder ${folder} in ${root}`, {
      hint: `create ${folder} with a manifest in it, or name another folder in the field manifests of artifacts.config.ts`,
    });
  }
  const real = realpathSync(path);
  if (!isInside(realpathSync(root), real)) throw linkOut(folder, root);
  return filesBelow(real, realpathSync(root)).sort();
}

function filesBelow(folder: string, root: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (isPassedOver(entry)) return [];
    if (entry.isSymbolicLink() && isFolder(path)) throw linkOut(relative(root, path), root);
    if (entry.isDirectory()) return filesBelow(path, root);
    return isManifest(entry.name) ? [path] : [];
  });
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = "make the folder readable";
    throw new UserError("MANIFEST_UNREADABLE", `cannot read ${folder}: ${why}`, { hint, cause: error });
  }
}

function isPassedOver(entry: Dirent): boolean {
  return entry.name.startsWith(".") || entry.name === "node_modules";
}

function isManifest(name: string): boolean {
  return name.endsWith(".ts") && !name.endsWith(".d.ts");
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Missing, or a link that leads nowhere or to itself.
  }
}

function linkOut(path: string, root: string): UserError {
  const message = `${path} in ${root} is a symbolic link to a folder, which is not followed`;
  return new UserError("MANIFEST_OUTSIDE", message, { hint: "put the manifests themselves there" });
}
