import type { BinaryCache } from "../cache/cache.js";
import { UserError } from "../errors.js";

const KEY = "nix-cache-info";
const STORE = "/nix/store";

/**
 * Makes an empty place a cache, and refuses one that belongs to another store directory: Nix would take nothing from it.
 * Format of `nix-cache-info`: nix.dev, "HTTP Binary Cache Store".
 */
export async function claimCache(cache: BinaryCache): Promise<void> {
  const text = (await cache.readText(KEY))?.text;
  if (text === undefined) {
    await cache.writeText(KEY, { text: `StoreDir: ${STORE}\n`, type: "text/x-nix-cache-info" });
    return;
  }
  const store = /^StoreDir: *(?<store>\S+)\s*$/m.exec(text)?.groups?.["store"];
  if (store === STORE) return;
  const belongs = store === undefined ? `has a ${KEY} without a line StoreDir` : `is for the store ${store}`;
  throw new UserError("CACHE_OTHER_STORE", `the cache ${cache.name} ${belongs}, not for ${STORE}`, {
    hint: `publish to another address; or, if this is to be a cache for ${STORE}, correct its ${KEY}`,
  });
}
