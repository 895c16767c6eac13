/**
 * The TypeScript parser. It is loaded with `require`: imported as a module, Node would first scan its nine megabytes for the
 * names of exports, which takes a third of its whole start.
 */
import { createRequire } from "node:module";
import type * as TsMorph from "ts-morph";

const tsMorph = createRequire(import.meta.url)("ts-morph") as typeof TsMorph; // what the package's own types say

export const typescript: typeof TsMorph.ts = tsMorph.ts;
