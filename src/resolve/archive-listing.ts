import { fromBufferPromise } from "yauzl";
import { listArtifactTree } from "../gitlab/artifact-tree.js";
import { artifactUrl } from "../gitlab/artifact-url.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { Resolved } from "./resolved.js";

/** Names that are collected; the nearest of so many will do. */
const MAX_NAMES = 10_000;
/** An archive above this is not downloaded just to name its files. */
const MAX_ARCHIVE_BYTES = 64 * 1024 * 1024;

/**
 * The paths of the files in the archive of a job: from GitLab's listing (since 18.8), else from the directory of the archive
 * itself. Undefined when neither can be had.
 */
export async function listArchive(
  gitlab: GitLab,
  resolved: Resolved,
): Promise<readonly string[] | undefined> {
  return (
    (await orNothing(listedByGitLab(gitlab, resolved))) ?? (await orNothing(listedByZip(gitlab, resolved)))
  );
}

async function orNothing<T>(names: Promise<T>): Promise<T | undefined> {
  return names.catch((error: unknown) => {
    if (error instanceof GitLabError || error instanceof UnreadableZip) return undefined;
    throw error;
  });
}

async function listedByGitLab(gitlab: GitLab, resolved: Resolved): Promise<readonly string[]> {
  const address = { instance: resolved.gitlab, project: resolved.projectId };
  const names: string[] = [];
  for await (const entry of listArtifactTree(gitlab, address, resolved.job)) {
    if (entry.type !== "directory") names.push(entry.path);
    if (names.length >= MAX_NAMES) break;
  }
  return names;
}

async function listedByZip(gitlab: GitLab, resolved: Resolved): Promise<readonly string[] | undefined> {
  const { gitlab: instance, projectId, job } = resolved;
  const archive = await smallDownload(gitlab, artifactUrl({ instance, projectId, job }, undefined));
  if (archive === undefined) return undefined;
  try {
    const zip = await fromBufferPromise(archive, { lazyEntries: true });
    const names: string[] = [];
    for await (const { fileName } of zip.eachEntry()) {
      if (!fileName.endsWith("/")) names.push(fileName);
      if (names.length >= MAX_NAMES) break;
    }
    return names;
  } catch (cause) {
    // yauzl reports a broken archive as a plain Error.
    throw new UnreadableZip("the archive cannot be read", { cause });
  }
}

async function smallDownload(gitlab: GitLab, url: string): Promise<Buffer | undefined> {
  const download = await gitlab.download(url);
  const { size, body } = download;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (size === undefined || size <= MAX_ARCHIVE_BYTES) {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ARCHIVE_BYTES) break;
    }
    if (bytes <= MAX_ARCHIVE_BYTES) return Buffer.concat(chunks, bytes);
  }
  download.destroy();
  return undefined;
}

class UnreadableZip extends Error {}
