import type { LockedVariant } from "../lock/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";

/** A little below Nix's 211, which also holds for the `.drv` file. */
const MAX_LENGTH = 200;

/**
 * The name in the Nix store: that of the file, or `<artifact>.zip` for the whole archive; of what is unpacked, the same without
 * the ending. Every character that Nix does not allow is replaced (Nix manual, "Store path specification"; `checkName` in libstore/path.cc).
 *
 * @param previous what is locked now; while file and form stay, so does the name, because the store path depends on it
 */
export function storeNameOf(
  { artifact, file, form }: DeclaredVariant,
  previous: LockedVariant | undefined,
): string {
  if (previous !== undefined && previous.file === (file ?? null) && previous.form === form) {
    return previous.name;
  }
  if (form === "unpacked") return file === undefined ? artifact : legal(stem(baseName(file)), artifact);
  return file === undefined ? `${artifact}.zip` : legal(baseName(file), artifact);
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

/** A folder is not called like an archive: tools that unpack by name would try. */
function stem(name: string): string {
  return name.replace(/\.(zip|tar|tgz|tbz2?|txz|tzst|tar\.(gz|bz2|xz|zst))$/i, "");
}

function legal(name: string, fallback: string): string {
  const cleaned = name
    .replace(/[^0-9A-Za-z+._?=-]/g, "-")
    .replace(/^\.+/, "")
    .slice(0, MAX_LENGTH)
    // Nix takes a name with this ending for a derivation's.
    .replace(/\.drv$/, "-drv");
  return cleaned === "" ? fallback : cleaned;
}
