import { read } from "node:fs";

/**
 * Fills `buffer` from a position of the file on; gives how many bytes there were until its end. The callback form: for many reads it costs a
 * fraction of the promise of a `FileHandle`.
 */
export function readAt(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    function readFrom(filled: number): void {
      read(fd, buffer, filled, buffer.length - filled, position + filled, (error, count) => {
        if (error !== null) return reject(error);
        if (count === 0 || filled + count === buffer.length) return resolve(filled + count);
        readFrom(filled + count);
      });
    }
    readFrom(0);
  });
}
