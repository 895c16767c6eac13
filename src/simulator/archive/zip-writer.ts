/**
 * Writes zip files as the runner's archiver (fastzip on Go's archive/zip) does: files with a data descriptor, directories
 * and symbolic links without, Unix modes, and the extra fields for time (0x5455) and owner (0x7875).
 *
 * Layout and field values: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4; extra fields: Info-ZIP's extrafld.txt.
 */
import { crc32, deflateRawSync } from "node:zlib";
import { allBytes, bytesContent, joinedContent, type Content } from "./content.js";

export interface ZipEntry {
  /** Path with `/`; directories without a trailing one. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Unix permission bits. */
  readonly mode: number;
  /** Bytes of the file, or the target of the link; empty for directories. */
  readonly content: Content;
  /** Whether these bytes are worth compressing; what would grow is stored. */
  readonly compressible: boolean;
}

export interface ZipOptions {
  readonly compression: "deflate" | "store";
  /** Modification time of every entry. */
  readonly modified: Date;
}

const STORE = 0;
const DEFLATE = 8;
const FLAG_DATA_DESCRIPTOR = 0x8;
const FLAG_UTF8 = 0x800;
/** Version 2.0, made on Unix. */
const VERSION_NEEDED = 20;
const VERSION_MADE_BY = (3 << 8) | VERSION_NEEDED;
const FILE_TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000 };
const MAX_UINT32 = 0xffffffff;
const MAX_UINT16 = 0xffff;

/** The zip file with `entries` in the order given. Throws a RangeError for what would need Zip64. */
export function writeZip(entries: readonly ZipEntry[], options: ZipOptions): Content {
  if (entries.length >= MAX_UINT16)
    throw new RangeError(`A zip file of ${entries.length} entries needs Zip64`);
  const parts: Content[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const record = recordOf(entry, options);
    const written = joinedContent([
      bytesContent(localHeader(record)),
      record.data,
      bytesContent(dataDescriptor(record)),
    ]);
    directory.push(centralHeader(record, offset));
    parts.push(written);
    offset += written.size;
    if (offset >= MAX_UINT32) throw new RangeError("A zip file of 4 GiB or more needs Zip64");
  }
  const central = Buffer.concat(directory);
  const end = endOfCentralDirectory(entries.length, central.length, offset);
  return joinedContent([...parts, bytesContent(Buffer.concat([central, end]))]);
}

/** An entry with all that its headers say about it. */
interface ZipRecord {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly modified: Date;
  readonly crc: number;
  readonly data: Content;
  readonly size: number;
  readonly externalAttributes: number;
}

function recordOf(entry: ZipEntry, options: ZipOptions): ZipRecord {
  const name = entry.type === "directory" ? `${entry.path}/` : entry.path;
  const { method, data } = compress(entry, options);
  return {
    name: Buffer.from(name),
    flags: (entry.type === "file" ? FLAG_DATA_DESCRIPTOR : 0) | (needsUtf8Flag(name) ? FLAG_UTF8 : 0),
    method,
    modified: options.modified,
    crc: crcOf(entry.content),
    data,
    size: entry.content.size,
    externalAttributes: externalAttributes(entry),
  };
}

function compress(entry: ZipEntry, options: ZipOptions): { method: number; data: Content } {
  const stored = { method: STORE, data: entry.content };
  if (entry.type !== "file" || options.compression === "store" || !entry.compressible) return stored;
  const deflated = deflateRawSync(allBytes(entry.content), { level: 5 });
  return deflated.length < entry.content.size ? { method: DEFLATE, data: bytesContent(deflated) } : stored;
}

function crcOf(content: Content): number {
  let crc = 0;
  for (const piece of content.read(0, content.size)) crc = crc32(piece, crc);
  return crc;
}

/** Go sets the flag for everything that code pages based on ASCII might read differently. */
function needsUtf8Flag(name: string): boolean {
  return /[^\x20-\x7d]|\\/.test(name);
}

/** The Unix mode in the upper half, the DOS bits for "directory" and "read only" in the lower. */
function externalAttributes({ type, mode }: ZipEntry): number {
  const dos = (type === "directory" ? 0x10 : 0) | ((mode & 0o200) === 0 ? 0x01 : 0);
  return (((FILE_TYPE_BITS[type] | mode) << 16) | dos) >>> 0;
}

function localHeader(record: ZipRecord): Buffer {
  const extra = extraFields(record.modified);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION_NEEDED, 4);
  writeSharedFields(header, 6, record);
  if (hasDescriptor(record)) header.fill(0, 14, 26);
  header.writeUInt16LE(record.name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, record.name, extra]);
}

function dataDescriptor(record: ZipRecord): Buffer {
  if (!hasDescriptor(record)) return Buffer.alloc(0);
  const descriptor = Buffer.alloc(16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(record.crc, 4);
  descriptor.writeUInt32LE(record.data.size, 8);
  descriptor.writeUInt32LE(record.size, 12);
  return descriptor;
}

function centralHeader(record: ZipRecord, offset: number): Buffer {
  const extra = extraFields(record.modified);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(VERSION_MADE_BY, 4);
  header.writeUInt16LE(VERSION_NEEDED, 6);
  writeSharedFields(header, 8, record);
  header.writeUInt16LE(record.name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(record.externalAttributes, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, record.name, extra]);
}

/** Flags, method, DOS time and date, CRC and both sizes: 20 bytes that both headers have. */
function writeSharedFields(header: Buffer, at: number, record: ZipRecord): void {
  const { modified } = record;
  header.writeUInt16LE(record.flags, at);
  header.writeUInt16LE(record.method, at + 2);
  header.writeUInt16LE(
    (modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1),
    at + 4,
  );
  header.writeUInt16LE(
    ((modified.getUTCFullYear() - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate(),
    at + 6,
  );
  header.writeUInt32LE(record.crc, at + 8);
  header.writeUInt32LE(record.data.size, at + 12);
  header.writeUInt32LE(record.size, at + 16);
}

/** 0x7875: version 1, uid and gid of four bytes each, both 0. 0x5455: the modification time in Unix seconds. */
function extraFields(modified: Date): Buffer {
  const fields = Buffer.alloc(15 + 9);
  fields.writeUInt16LE(0x7875, 0);
  fields.writeUInt16LE(11, 2);
  fields.writeUInt8(1, 4);
  fields.writeUInt8(4, 5);
  fields.writeUInt8(4, 10);
  fields.writeUInt16LE(0x5455, 15);
  fields.writeUInt16LE(5, 17);
  fields.writeUInt8(1, 19);
  fields.writeInt32LE(Math.floor(modified.getTime() / 1000), 20);
  return fields;
}

function endOfCentralDirectory(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function hasDescriptor(record: ZipRecord): boolean {
  return (record.flags & FLAG_DATA_DESCRIPTOR) !== 0;
}
