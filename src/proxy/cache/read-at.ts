import { read } from "node:fs";

/**
 * Reads once at a position; 0 at the end. The callback form: for many small reads it costs a fraction of the promise of a `FileHandle`.
 */
export function readAt(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
