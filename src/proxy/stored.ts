/** What the cache keeps of an artifact: GitLab's file, or, of a tree, its NAR, so that an archive is unpacked once. */
import type { ExpectedBytes } from "../hash/verified-body.js";
import { verifiedNar } from "../hash/verified-nar.js";
import type { LockedVariant } from "../lock/schema.js";
import type { Source } from "./cache/relay.js";
import type { LockedEntry } from "../lock/entry.js";

export function storedSize({ form, size, narSize }: LockedVariant): number {
  return form === "unpacked" ? narSize : size;
}

/** The stored bytes of an artifact. A NAR is a file like any other there, under its own hash. */
export function storedBytes({ artifact, variant }: LockedEntry): ExpectedBytes {
  const { project, job, form, size, hash, narSize, narHash } = variant;
  return form === "unpacked"
    ? { artifact, project, job, form: "file", size: narSize, hash: narHash }
    : { artifact, project, job, form, size, hash };
}

/** How the stored bytes are made of what `source` gives. */
export function storedSource({ artifact, variant }: LockedEntry, source: Source): Source {
  if (variant.form !== "unpacked") return source;
  const { asker, start } = source;
  return { asker, start: async (signal) => verifiedNar(await start(signal), { artifact, ...variant }) };
}
