/** `artifacts cache verify`: does a binary cache hold what it promises, and everything that is locked? */
import { resolve } from "node:path";
import { openCache } from "../cache/open-cache.js";
import { UserError } from "../errors.js";
import { openProject } from "../project.js";
import { verifyCache } from "../publish/verify-cache.js";
import type { Run } from "./command.js";
import { readLocks } from "./locks.js";
import { selectVariants } from "./select-variants.js";

export interface CacheVerifyOptions {
  readonly store?: string;
  readonly lock?: readonly string[];
  readonly netrcFile?: string;
}

export const run: Run<CacheVerifyOptions> = async (_names, options, context) => {
  const { cwd, env, signal, terminal } = context;
  if (options.store === undefined) throw noStore();
  const netrcFile = options.netrcFile === undefined ? undefined : resolve(cwd, options.netrcFile);
  const cache = await openCache(options.store, { cwd, env, signal, netrcFile });
  const lockFile = options.lock === undefined ? (await openProject(cwd)).lockFile : "";
  const locks = await readLocks(
    options.lock?.map((file) => resolve(cwd, file)),
    lockFile,
  );
  const locked = locks.flatMap((lock) => {
    const names = new Set(Object.keys(lock.artifacts));
    return selectVariants(lock, { names, named: false, systems: undefined }).wanted;
  });
  try {
    const onProgress = (done: number) => terminal.step(`checked ${done} paths of ${cache.name}`);
    const { sound, orphans, problems } = await verifyCache({ cache, locked, signal, onProgress });
    const wrong = problems.length === 0 ? "" : `, ${problems.length} not`;
    const unnamed = orphans.length === 0 ? "" : `; ${orphans.length} archives belong to nothing`;
    return {
      data: { cache: cache.name, sound, orphans },
      text: `${cache.name}: ${sound} paths are sound${wrong}${unnamed}`,
      errors: problems,
    };
  } finally {
    await cache.close();
  }
};

function noStore(): UserError {
  return new UserError("NO_CACHE", "verify which cache?", {
    exitCode: 2,
    hint: "name it: --store file:///DIR, --store https://…, or --store 's3://BUCKET?region=…'",
  });
}
