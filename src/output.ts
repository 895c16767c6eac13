/** Generated text ↔ the files in the consumer's repository: write, compare, and remove what is no longer generated. */
import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { UserError } from "./errors.js";
import { generate } from "./generate/generate.js";
import { readNixLibrary } from "./generate/nix-library.js";
import { isGenerated } from "./generate/templates/generated-file.js";
import type { Lock } from "./lock/schema.js";
import { lockText } from "./lock/write.js";
import { declarationText } from "./manifest/declarations.js";
import type { Project } from "./project.js";
import { readText, writeFiles, type FileText } from "./write-file.js";

export { isGenerated };

/** For editors: a consumer's repository has no `node_modules`. */
const DECLARATIONS = "nix-artifacts.d.ts";

/** What a file may be called in the output folder that we may have written. */
export const GENERATED_NAME = /\.(nix|json)$/;

/**
 * Makes the lockfile and the generated files say what `lock` says: all of them or none.
 *
 * @returns paths of the files that were written or removed, relative to the project's root
 */
export async function writeLockAndOutput(project: Project, lock: Lock): Promise<string[]> {
  const { lockFile } = project;
  return write(project, lock, [{ path: lockFile, text: lockText(lock, await readText(lockFile)) }]);
}

/** As `writeLockAndOutput`, for the generated files alone. */
export function writeOutput(project: Project, lock: Lock): Promise<string[]> {
  return write(project, lock, []);
}

async function write(project: Project, lock: Lock, others: readonly FileText[]): Promise<string[]> {
  const files = await outputFiles(project, lock);
  const touched = await writeFiles([...others, ...files]);
  for (const path of await staleFiles(project, files)) {
    await rm(path);
    touched.push(path);
  }
  return touched.map((path) => relative(project.config.root, path));
}

/** One error for each generated file that is missing, different or left over. Writes nothing. */
export async function checkOutput(project: Project, lock: Lock): Promise<UserError[]> {
  const files = await outputFiles(project, lock);
  const errors: UserError[] = [];
  for (const { path, text } of files) {
    const present = await readText(path);
    if (present === text) continue;
    errors.push(outdated(project, path, present === undefined ? "is missing" : "is not what the lock says"));
  }
  const stale = await staleFiles(project, files);
  return [...errors, ...stale.map((path) => outdated(project, path, "is no longer generated"))];
}

function outdated({ config }: Project, path: string, problem: string): UserError {
  return new UserError("OUTPUT_OUTDATED", `${relative(config.root, path)} ${problem}`, {
    hint: "run: artifacts generate",
  });
}

/** Every generated file that `lock` means, with its absolute path. */
export async function outputFiles({ config, output }: Project, lock: Lock): Promise<FileText[]> {
  const { namespace, proxy, root, manifests } = config;
  const nix = generate(lock, { namespace, proxy, library: await readNixLibrary() });
  return [
    ...nix.map(({ path, text }) => ({ path: join(output, path), text })),
    { path: join(root, manifests, DECLARATIONS), text: await declarationText() },
  ];
}

/** Files of ours in the output folder that this lock does not generate. What people put there themselves is left alone. */
async function staleFiles({ output }: Project, files: readonly FileText[]): Promise<string[]> {
  const current = new Set(files.map(({ path }) => path));
  const present = await readdir(output, { recursive: true }).catch(() => []);
  const candidates = present.map((name) => join(output, name)).filter((path) => GENERATED_NAME.test(path));
  const stale: string[] = [];
  for (const path of candidates.filter((path) => !current.has(path)).sort()) {
    if (isGenerated((await readText(path)) ?? "")) stale.push(path);
  }
  return stale;
}
