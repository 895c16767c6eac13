import { crc32 } from "node:zlib";
import { type Entry, type ZipFile, getFileNameLowLevel, openPromise } from "yauzl";
import { ArchiveRefused } from "./archive-refused.js";
import type { Tree } from "./tree.js";

/** The upper byte of "version made by" (APPNOTE.TXT 4.4.2.2): from these the attributes hold a Unix mode. */
const UNIX_HOSTS = new Set([3, 19]);
const TYPE_OF_MODE = 0o170000;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const SYMLINK = 0o120000;
/** No Unix takes a longer target. */
const MAX_TARGET_BYTES = 4_095;

/**
 * Reads the directory of a zip file into `tree`; contents are decompressed when the tree's files are read, until `close` of
 * the result.
 *
 * @throws ArchiveRefused for what is hostile or no file, folder or link; Error when the zip is damaged
 */
export async function readZip(file: string, tree: Tree): Promise<ZipFile> {
  // What yauzl itself says of a name that it refuses holds that name as it is, and reads as if the zip were damaged.
  const zip = await openPromise(file, { autoClose: false, decodeStrings: false });
  try {
    for await (const entry of zip.eachEntry()) await addEntry(entry, zip, tree);
    return zip;
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function addEntry(entry: Entry, zip: ZipFile, tree: Tree): Promise<void> {
  const { uncompressedSize: size } = entry;
  const path = pathOf(entry);
  const mode = UNIX_HOSTS.has(entry.versionMadeBy >>> 8) ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & TYPE_OF_MODE;
  if (path.endsWith("/") || type === DIRECTORY) return tree.addDirectory(path);
  if (!entry.canDecodeFileData()) throw notDecodable(entry, path);
  const read = () => contentOf(entry, zip);
  if (type === SYMLINK) return tree.addSymlink(path, await targetOf(path, size, read()));
  if (type !== REGULAR && type !== 0) {
    throw new ArchiveRefused(`${JSON.stringify(path)} is no file, folder or link (mode ${mode.toString(8)})`);
  }
  tree.addFile(path, { executable: (mode & 0o100) !== 0, size, read });
}

/** With slashes alone, as 4.4.17 of APPNOTE.TXT wants it: a backslash or a drive would be a name here, and a way out on Windows. */
function pathOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  const path = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
  if (/^[a-zA-Z]:|\\/.test(path)) throw new ArchiveRefused(`${JSON.stringify(path)} is a path of Windows`);
  return path;
}

function notDecodable(entry: Entry, path: string): ArchiveRefused {
  const how = entry.isEncrypted() ? "encrypted" : `compressed with method ${entry.compressionMethod}`;
  return new ArchiveRefused(
    `${JSON.stringify(path)} is ${how}`,
    "make the zip with deflate and without a password",
  );
}

/** yauzl checks the size of what it decompresses, but not its CRC-32. */
async function* contentOf(entry: Entry, zip: ZipFile): AsyncGenerator<Uint8Array> {
  let crc = 0;
  for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (crc !== entry.crc32) throw new ArchiveRefused(`${JSON.stringify(pathOf(entry))} has a wrong CRC-32`);
}

async function targetOf(path: string, size: number, body: AsyncIterable<Uint8Array>): Promise<string> {
  if (size > MAX_TARGET_BYTES) {
    throw new ArchiveRefused(`the symbolic link ${JSON.stringify(path)} has a target that is too long`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
