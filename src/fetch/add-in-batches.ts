import { UserError } from "../errors.js";
import type { Nix } from "../store/nix.js";

type Method = "flat" | "nar";

/** Adds one file to the store and gives its store path. */
export type AddToStore = (file: string, method: Method) => Promise<string>;

interface Waiting {
  readonly file: string;
  readonly resolve: (path: string) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An `AddToStore` that runs Nix once for all files that became ready while Nix ran the last time: starting Nix costs more than
 * adding a small file, and a file that is alone does not wait.
 */
export function createAdder(nix: Nix, signal?: AbortSignal): AddToStore {
  const queues: Record<Method, Waiting[]> = { flat: [], nar: [] };
  const running: Record<Method, boolean> = { flat: false, nar: false };

  return (file, method) =>
    new Promise((resolve, reject) => {
      queues[method].push({ file, resolve, reject });
      if (!running[method]) void drain(method);
    });

  async function drain(method: Method): Promise<void> {
    running[method] = true;
    for (let batch = queues[method].splice(0); batch.length > 0; batch = queues[method].splice(0)) {
      await addBatch(batch, method);
    }
    running[method] = false;
  }

  async function addBatch(batch: readonly Waiting[], method: Method): Promise<void> {
    try {
      const paths = await nix.addFixed(
        batch.map(({ file }) => file),
        method,
        signal,
      );
      for (const [index, { file, resolve, reject }] of batch.entries()) {
        const path = paths[index];
        if (path === undefined) reject(new Error(`Nix printed no store path for ${file}`));
        else resolve(path);
      }
    } catch (error) {
      await addOneByOne(error, batch, method);
    }
  }

  /** After a failure: finds out whose it was, so that the others are added. */
  async function addOneByOne(error: unknown, batch: readonly Waiting[], method: Method): Promise<void> {
    if (batch.length > 1 && error instanceof UserError) {
      for (const one of batch) await addBatch([one], method);
    } else {
      for (const { reject } of batch) reject(error);
    }
  }
}
