/** Writes zip archives without compression, as far as tests need them: APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16. */
import { crc32 } from "node:zlib";

export interface ZipEntry {
  readonly path: string;
  readonly data: string | Buffer;
  /** Unix permissions; default 0o644. */
  readonly mode?: number;
}

export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const local = Buffer.concat([localHeader(entry), Buffer.from(entry.path), Buffer.from(entry.data)]);
    central.push(centralHeader(entry, offset), Buffer.from(entry.path));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...locals, directory, endOfDirectory(entries.length, directory.length, offset)]);
}

function localHeader(entry: ZipEntry): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4); // version needed to extract
  writeSizes(header, 14, entry);
  return header;
}

function centralHeader(entry: ZipEntry, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE((3 << 8) | 20, 4); // made on Unix, so that the permissions count
  header.writeUInt16LE(20, 6);
  writeSizes(header, 16, entry);
  header.writeUInt32LE(((0o100000 | (entry.mode ?? 0o644)) << 16) >>> 0, 38);
  header.writeUInt32LE(offset, 42);
  return header;
}

/** crc-32, compressed size, size, length of the name: adjacent in both headers. */
function writeSizes(header: Buffer, at: number, { path, data }: ZipEntry): void {
  const size = Buffer.byteLength(data);
  header.writeUInt32LE(crc32(data), at);
  header.writeUInt32LE(size, at + 4);
  header.writeUInt32LE(size, at + 8);
  header.writeUInt16LE(Buffer.byteLength(path), at + 12);
}

function endOfDirectory(entries: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
