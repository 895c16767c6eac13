/** Reads the hand-written Nix library of this package, of which each overlay gets a copy. The impure part of `generate`. */
import { readdir, readFile } from "node:fs/promises";
import type { GeneratedFile } from "./generated-file.js";

/** The library's folder; the way to it is the same from `src/` and from `dist/`. */
const LIBRARY = new URL("../../nix/lib/", import.meta.url);

let known: Promise<readonly GeneratedFile[]> | undefined;

/** All files of the library, as paths below `lib/`, sorted. They are read once: the bot makes many overlays. */
export function readNixLibrary(): Promise<readonly GeneratedFile[]> {
  known ??= readAll();
  return known;
}

async function readAll(): Promise<GeneratedFile[]> {
  const names = (await readdir(LIBRARY)).filter((name) => name.endsWith(".nix")).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: `lib/${name}`,
      text: await readFile(new URL(name, LIBRARY), "utf8"),
    })),
  );
}
