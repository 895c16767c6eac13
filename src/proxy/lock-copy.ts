import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseLock } from "../lock/read.js";
import { readText, writeFiles } from "../write-file.js";
import { type LockAddress, lockAddressText } from "./lock-address.js";

/** The last good version of a lock, on disk for a start without GitLab. The name says nothing of the address, which may be longer than a name of a file. */
export function lockCopy(address: LockAddress, directory: string | undefined) {
  if (directory === undefined)
    return { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };
  const name = createHash("sha256")
    .update(JSON.stringify([address.instance, lockAddressText(address)]))
    .digest("hex");
  const path = join(directory, `${name}.json`);
  return {
    async read() {
      const text = await readText(path);
      return text === undefined
        ? undefined
        : { lock: parseLock(text, path), loadedAt: (await stat(path)).mtimeMs };
    },
    write: async (text: string) => void (await writeFiles([{ path, text, mode: 0o600 }])),
  };
}
