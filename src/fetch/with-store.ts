import { join } from "node:path";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import { type OpenStore, openStore } from "../store/daemon/open-store.js";
import type { Nix } from "../store/nix.js";
import { storeName } from "../store/store-path.js";

/**
 * The store that Nix works with, for the time of `use`.
 *
 * @throws as `openStore`
 */
export async function withStore<T>(
  nix: Nix,
  signal: AbortSignal | undefined,
  use: (store: OpenStore) => Promise<T>,
): Promise<T> {
  const store = (await openStore(nix, signal)) ?? programStore(nix, signal);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** A store that only Nix's programs reach, such as one behind SSH: what is added is a temporary file before. */
function programStore(nix: Nix, signal: AbortSignal | undefined): OpenStore {
  return {
    missing: (paths) => nix.missing(paths, signal),
    add: ({ storePath, method }, nar) =>
      withTemporaryDirectory(async (directory) => {
        const file = join(directory, storeName(storePath)); // Nix takes the name from the file
        await nix.restore(nar, file, signal);
        await nix.addFixed(file, method, signal);
      }),
    async close() {},
  };
}
