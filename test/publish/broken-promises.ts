import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseNarInfo } from "../../src/store/narinfo.js";

/** What a cache in a directory promises although it, or what it refers to, is not there. */
export function brokenPromises(cache: string): string[] {
  return readdirSync(cache)
    .filter((name) => name.endsWith(".narinfo"))
    .filter((name) => {
      const info = parseNarInfo(readFileSync(join(cache, name), "utf8"));
      const needed = info?.references.map((reference) => `${reference.slice(0, 32)}.narinfo`) ?? [];
      return info === undefined || ![info.url, ...needed].every((key) => existsSync(join(cache, key)));
    });
}
