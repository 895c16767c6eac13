import { hash, type HashOptions } from "../../src/hash/hash.js";
import type { Hashed } from "../../src/hash/hashed.js";
import type { Resolved } from "../../src/resolve/resolved.js";

/** Hashes one variant by itself; throws what it failed by. */
export async function hashOne(resolved: Resolved, options: HashOptions): Promise<Hashed> {
  const [outcome] = await hash([resolved], options);
  if (outcome === undefined) throw new Error("one variant has one outcome");
  if ("error" in outcome) throw outcome.error;
  return outcome.hashed;
}
