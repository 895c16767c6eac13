/** Store paths and all that they refer to, from the local store into a binary cache. */
import { createHash } from "node:crypto";
import pLimit from "p-limit";
import type { BinaryCache } from "../cache/cache.js";
import { UserError } from "../errors.js";
import {
  type Archive,
  sendArchive,
  stageArchive,
  type StageOptions,
  untilKept,
} from "../publish/stage-archive.js";
import { findWhole, type Presence, stays } from "../publish/rely-on.js";
import { fingerprint, NARINFO_TYPE, type NarInfo, narInfoKey, printNarInfo } from "../store/narinfo.js";
import { narOfPath } from "../store/nar-of-path.js";
import type { PathInfo } from "../store/path-info.js";
import type { SigningKey } from "../store/signing-key.js";
import { formatSri } from "../store/sri.js";

export interface UploadOptions extends Omit<StageOptions, "directory"> {
  readonly cache: BinaryCache;
  readonly signingKey?: SigningKey | undefined;
  /** The NAR of a valid store path; default: of what lies there. */
  readonly readNar?: (path: string) => AsyncIterable<Uint8Array>;
  /** Paths that the cache is known to have; what is found or sent is added. */
  readonly known: Set<string>;
  /** How many archives are made and sent at the same time. */
  readonly jobs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with each path that was sent and the bytes of its archive. */
  readonly onUploaded?: (path: string, bytes: number) => void;
}

/** By path; a path without a failure is in the cache, and all that it refers to. */
export type Failures = ReadonlyMap<string, unknown>;

const DEFAULT_JOBS = 4;
const QUESTIONS_AT_ONCE = 16;

/**
 * Sends what the cache lacks. A `.narinfo` is written after its archive and after those of all that its path refers to, so that whoever
 * finds a path there can have it whole, whenever this ends.
 *
 * @param closure facts of the paths and of all that they refer to
 * @returns what failed, with the reason; others were sent
 * @throws UserError when the cache gives no place for temporary files; the reason of `signal` when that is aborted
 */
export async function uploadClosure(closure: readonly PathInfo[], options: UploadOptions): Promise<Failures> {
  const { cache, signal } = options;
  return cache.withStaging(async (directory) => {
    const sending = startAll(closure, createSend({ ...options, directory }));
    const settled = await Promise.allSettled(sending.values());
    signal?.throwIfAborted();
    const paths = [...sending.keys()];
    return new Map(
      settled.flatMap((one, index) =>
        one.status === "rejected" ? [[paths[index] ?? "", one.reason] as const] : [],
      ),
    );
  });
}

type Send = (info: PathInfo, references: Promise<unknown>) => Promise<void>;

/** Each path once, and what it refers to before it. */
function startAll(closure: readonly PathInfo[], send: Send): Map<string, Promise<void>> {
  const infos = new Map(closure.map((info) => [baseName(info.path), info]));
  const started = new Map<string, Promise<void>>();
  const visit = (info: PathInfo): Promise<void> => {
    const begun = started.get(info.path);
    if (begun !== undefined) return begun;
    const references = info.references.flatMap((name) => {
      const other = infos.get(name);
      return other === undefined || other === info ? [] : [visit(other)];
    });
    const all = Promise.all(references);
    all.catch(() => undefined); // it is awaited when the archive is there, unless that fails first
    const sending = send(info, all);
    sending.catch(() => undefined); // the caller looks at all of them
    started.set(info.path, sending);
    return sending;
  };
  for (const info of closure) visit(info);
  return started;
}

function createSend(options: UploadOptions & StageOptions): Send {
  const { cache, known, jobs = DEFAULT_JOBS, signal, onUploaded } = options;
  const questions = pLimit(QUESTIONS_AT_ONCE);
  const archives = pLimit(jobs);
  const send = async (info: PathInfo, references: Promise<unknown>) => {
    const archive = await archives(() => untilKept(() => sendPath(info, options)));
    await references;
    signal?.throwIfAborted();
    const text = printNarInfo(narInfoOf(info, archive, options));
    await cache.writeText(narInfoKey(info.path), { text, type: NARINFO_TYPE });
    onUploaded?.(info.path, archive.size);
  };
  return async (info, references) => {
    if (!known.has(info.path)) {
      const { whole, old } = await questions(() => find(info, cache, signal));
      if (!whole) await send(info, references);
      if (old && !(await stays(narInfoKey(info.path), cache))) await send(info, references);
    }
    await references;
    known.add(info.path);
  };
}

/** A path that is there was built elsewhere, perhaps with other bytes: the first one stays. What is damaged is written anew. */
async function find(
  { path }: PathInfo,
  cache: BinaryCache,
  signal: AbortSignal | undefined,
): Promise<Presence> {
  signal?.throwIfAborted();
  return findWhole(narInfoKey(path), cache, ({ storePath }) => storePath === path);
}

async function sendPath(info: PathInfo, options: UploadOptions & StageOptions): Promise<Archive> {
  const { cache, readNar = narOfPath, signal } = options;
  signal?.throwIfAborted();
  const archive = await stageArchive(verified(readNar(info.path), info, signal), options);
  await sendArchive(archive, cache);
  return archive;
}

/** The NAR, which ends only if it is the one that the store registered. */
async function* verified(
  nar: AsyncIterable<Uint8Array>,
  info: PathInfo,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const digest = createHash("sha256");
  let size = 0;
  for await (const chunk of nar) {
    signal?.throwIfAborted();
    digest.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  if (size === info.narSize && formatSri(digest.digest()) === info.narHash) return;
  throw new UserError("STORE_PATH_DAMAGED", `${info.path} is not what was built: its contents changed`, {
    hint: `nix-store --verify-path shows the difference, nix-store --repair-path ${info.path} mends it`,
  });
}

function narInfoOf(info: PathInfo, archive: Archive, { compression, signingKey }: UploadOptions): NarInfo {
  const { path, narHash, narSize, references, deriver, ca } = info;
  const narInfo: NarInfo = {
    storePath: path,
    url: archive.url,
    compression,
    file: { hash: formatSri(archive.sha256), size: archive.size },
    narHash,
    narSize,
    references,
    deriver,
    ca,
    signatures: info.signatures,
  };
  if (signingKey === undefined) return narInfo;
  const ours = signingKey.sign(fingerprint(narInfo));
  return { ...narInfo, signatures: [...new Set([...info.signatures, ours])].sort() };
}

function baseName(path: string): string {
  return path.slice("/nix/store/".length);
}
