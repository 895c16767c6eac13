// A process to be killed: an uploader whose facts about the store were asked of Nix before. Arguments: a file with its settings.
import { readFileSync } from "node:fs";
import { openFileCache } from "../../dist/cache/file-cache.js";
import { narOfPath } from "../../dist/store/nar-of-path.js";
import { runUploader } from "../../dist/upload/uploader.js";

const { spool, cache, root, infos, until } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const nix = {
  missing: async () => new Set(),
  closure: async () => infos,
};
process.stdout.write("started\n");
await runUploader({
  spool,
  nix,
  until,
  cache: openFileCache(cache),
  compression: "zstd",
  readNar: (path) => narOfPath(root + path),
  log: () => undefined,
});
