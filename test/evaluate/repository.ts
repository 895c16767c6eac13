/** A repository in a temporary directory, and errors as one line each. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach } from "vitest";
import { userErrorsOf } from "../../src/errors.js";

const created: string[] = [];

afterEach(() => {
  for (const folder of created.splice(0)) rmSync(folder, { recursive: true });
});

/** Writes the files (text by relative path) and returns the real path of their root. */
export function repository(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "nix-artifacts-")));
  created.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** `file:line:column CODE message (hint)` of each error that `work` throws, with paths relative to `root`, however deep that lies. */
export function errorsOf(root: string, work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return errors.map(({ at, code, message, hint }) => {
      const place = at === undefined ? "-" : `${relative(root, at.file)}:${at.line}:${at.column}`;
      return `${place} ${code} ${message} (${hint ?? "no hint"})`
        .replaceAll(root, "ROOT")
        .replace(/(\.\.\/)+/, "../");
    });
  }
  throw new Error("expected an error");
}
