/** `artifacts queue add`: puts store paths that no hook saw into the spool: fetched, or built before there was a hook. */
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../errors.js";
import { addEntry, isStorePath } from "../upload/spool.js";
import type { Run } from "./command.js";
import { spoolOf } from "./uploader.js";

export interface QueueAddOptions {
  readonly spool?: string;
}

export const run: Run<QueueAddOptions> = async (names, options, context) => {
  const paths = await Promise.all(names.map((name) => storePathOf(name, context.cwd)));
  const spool = spoolOf(options, context);
  const entry = await addEntry(spool, [...new Set(paths)]);
  return { data: { spool, entry, paths }, text: `${paths.length} paths wait in ${spool}` };
};

/** Of a path in the store, or of a link to one such as `./result`. */
async function storePathOf(name: string, cwd: string): Promise<string> {
  const file = resolve(cwd, name);
  const real = await realpath(file).catch(() => file);
  const path = real.split("/").slice(0, 4).join("/");
  if (isStorePath(path)) return path;
  throw new UserError("NO_STORE_PATH", `${name} is neither a store path nor a link to one`, {
    exitCode: 2,
    hint: "for example: artifacts queue add ./result /nix/store/…-name",
  });
}
