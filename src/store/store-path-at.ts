import { realpath } from "node:fs/promises";
import { UserError } from "../errors.js";
import { parseStorePath } from "./store-path.js";

/**
 * The store path that a path is, lies in, or links to, as `./result` does.
 *
 * @param path absolute
 * @throws UserError NO_STORE_PATH
 */
export async function storePathAt(path: string): Promise<string> {
  const found = parseStorePath(path) ?? parseStorePath(await realpath(path).catch(() => ""));
  if (found !== undefined) return found;
  throw new UserError("NO_STORE_PATH", `${path} is no store path and leads to none`, {
    exitCode: 2,
    hint: "name a store path, /nix/store/…-NAME, or a link to one, such as ./result",
  });
}
