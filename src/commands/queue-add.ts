/** `artifacts queue add`: puts store paths that no hook saw into the spool: fetched, or built before there was a hook. */
import { resolve } from "node:path";
import { storePathAt } from "../store/store-path-at.js";
import { addEntry } from "../upload/spool.js";
import type { Run } from "./command.js";
import { spoolOf } from "./uploader.js";

export interface QueueAddOptions {
  readonly spool?: string;
}

export const run: Run<QueueAddOptions> = async (names, options, context) => {
  const paths = await Promise.all(names.map((name) => storePathAt(resolve(context.cwd, name))));
  const spool = spoolOf(options, context);
  const entry = await addEntry(spool, [...new Set(paths)]);
  return { data: { spool, entry, paths }, text: `${paths.length} paths wait in ${spool}` };
};
