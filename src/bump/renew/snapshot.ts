/**
 * What a project declares at one commit: configuration, manifests and lock, read through the API into a temporary folder. Nothing
 * is cloned and nothing is run. A file that the working directory holds with the same content is not asked for.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import pLimit from "p-limit";
import { RelativePath } from "../../artifact.js";
import { CONFIG_FILE, loadConfigIn } from "../../config/load.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import { getFile, listTree } from "../../gitlab/repository.js";
import { onDisk } from "../../hash/write-body.js";
import { readLock } from "../../lock/read.js";
import type { Lock } from "../../lock/schema.js";
import type { Declared } from "../../manifest/declared.js";
import { placed, type Project } from "../../project.js";
import { readManifests } from "../../read-project.js";
import { inRepository } from "./in-repository.js";

export interface Snapshot {
  readonly project: Project;
  readonly declared: readonly Declared[];
  readonly lock: Lock;
  /** The commit that was read. */
  readonly commit: string;
  /** Git's blob id by path, of the files that matter to us. */
  readonly blobs: ReadonlyMap<string, string>;
  /** Text of a file of the snapshot; undefined when it is not there. */
  readonly read: (path: string) => Promise<string | undefined>;
  /** Reads nothing any more, and waits for what is being written into the folder. */
  readonly stop: () => Promise<void>;
}

export interface SnapshotOptions {
  readonly gitlab: GitLab;
  readonly address: ProjectAddress;
  readonly commit: string;
  /** Empty folder to read into; its real path. */
  readonly folder: string;
  /** A working directory, whose files are taken where git's id says that they are the same. */
  readonly checkout: string;
}

const REQUESTS_AT_ONCE = 16;

/** @throws UserErrors with everything that is wrong in configuration, manifests or lock, by the paths of the repository */
export function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  return inRepository(options.folder, async () => {
    const files = new Files(options);
    try {
      return await read(files, options);
    } catch (error) {
      await files.stop();
      throw error;
    }
  });
}

async function read(files: Files, { folder, commit }: SnapshotOptions): Promise<Snapshot> {
  await files.list("", false);
  await files.load([CONFIG_FILE]);
  const config = await loadConfigIn(folder);
  await Promise.all([config.manifests, config.output].map((path) => files.list(path, true)));
  const paths = [...files.blobs.keys()].filter(
    (path) => path.startsWith(`${config.manifests}/`) && path.endsWith(".ts"),
  );
  await Promise.all([files.load(paths), files.text(config.lock)]);
  const { artifacts: declared } = readManifests(config);
  const project = placed(config);
  return {
    project,
    declared,
    lock: await readLock(project.lockFile),
    commit,
    blobs: files.blobs,
    read: (path) => files.text(path),
    stop: () => files.stop(),
  };
}

class Files {
  readonly blobs = new Map<string, string>();
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #options: SnapshotOptions;
  readonly #limit = pLimit(REQUESTS_AT_ONCE);
  #isStopped = false;

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  /** Learns what a folder holds. Links and submodules are no files of ours. */
  async list(path: string, recursive: boolean): Promise<void> {
    const { gitlab, address, commit } = this.#options;
    for (const node of await listTree(gitlab, address, { commit, path, recursive })) {
      const isFile = node.type === "blob" && node.mode.startsWith("100");
      if (isFile && RelativePath.safeParse(node.path).success) this.blobs.set(node.path, node.id);
    }
  }

  /** Puts TypeScript files into the folder, with all that they import from beside them. */
  async load(paths: readonly string[]): Promise<void> {
    const texts = await Promise.all(paths.map((path) => this.text(path)));
    const imported = texts.flatMap((text, index) => importsOf(text ?? "", paths[index] ?? ""));
    const unknown = [...new Set(imported)].filter((path) => !this.#texts.has(path));
    if (unknown.length > 0) await this.load(unknown);
  }

  /** The text of a file, which then is in the folder, too. */
  text(path: string): Promise<string | undefined> {
    const known = this.#texts.get(path) ?? this.#limit(() => this.#fetch(path));
    this.#texts.set(path, known);
    return known;
  }

  /** Begins nothing any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#texts.values());
  }

  async #fetch(path: string): Promise<string | undefined> {
    const { gitlab, address, commit, folder } = this.#options;
    if (this.#isStopped || !RelativePath.safeParse(path).success) return undefined;
    let bytes = await this.#checkedOut(path);
    if (bytes === undefined) {
      const file = await getFile(gitlab, address, { commit, path });
      if (file === undefined) return undefined;
      this.blobs.set(path, file.blob_id);
      bytes = Buffer.from(file.content, "base64");
    }
    const file = join(folder, path);
    await onDisk(file, mkdir(dirname(file), { recursive: true }));
    await onDisk(file, writeFile(file, bytes));
    return bytes.toString("utf8");
  }

  async #checkedOut(path: string): Promise<Buffer | undefined> {
    const blob = this.blobs.get(path);
    const bytes = blob && (await readFile(join(this.#options.checkout, path)).catch(() => undefined));
    return bytes && blobId(bytes, blob) === blob ? bytes : undefined;
  }
}

/**
 * Git's id of a content as a blob (gitformat-loose(5)), by the hash function that `like` was made with.
 */
export function blobId(bytes: Uint8Array, like: string): string {
  const hash = createHash(like.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Paths that a module may import from beside it. One too many costs a request, and the evaluator reports one too few. */
function importsOf(text: string, path: string): string[] {
  const specifiers = [...text.matchAll(/\bfrom\s*["'](\.{1,2}\/[^"'\n]+)["']/g)].map(
    ([, specifier]) => specifier ?? "",
  );
  return specifiers.map((specifier) => {
    const target = posix.join(posix.dirname(path), specifier);
    return target.endsWith(".ts") ? target : `${target.replace(/\.js$/, "")}.ts`;
  });
}
