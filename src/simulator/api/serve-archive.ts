/**
 * Serves an archive in the way the instance stores it: from disk, by redirect to the object storage, or through it.
 */
import { createHash } from "node:crypto";
import type { Archive } from "../archive/archive.js";
import { noneMatchHolds, serveContent } from "../http/ranges.js";
import { empty, text, type Reply } from "../http/reply.js";
import type { Job } from "../state/model.js";
import type { Exchange } from "./exchange.js";

/** The digest of an empty body: on instances with this fault, the tag of everything that Workhorse delivers. */
const CONSTANT_TAG = 'W/"12ae32cb1ec02d01eda3581b127c1fee"';

export function serveArchive(exchange: Exchange, job: Job, archive: Archive): Reply {
  const { instance, request } = exchange;
  const { storage, knobs } = instance;
  const { zip } = archive;
  const filename = job.artifacts?.filename ?? "artifacts.zip";
  const etag = downloadTag(exchange, () => archive.sha256);
  const headers = {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": `attachment; filename="${filename}"; filename*=UTF-8''${encodeURIComponent(filename)}`,
    "Content-Transfer-Encoding": "binary",
  };
  if (knobs.storage === "local")
    return (
      notModified(exchange, etag) ??
      serveContent(request.headers, { content: zip, etag, lastModified: job.createdAt, headers })
    );
  const key = objectKey(job, filename);
  storage.put(key, { content: zip, lastModified: job.createdAt });
  if (knobs.storage === "direct") return redirectToStorage(exchange, key);
  const forwarded: Reply = {
    status: 200,
    headers: etag === undefined ? headers : { ...headers, ETag: etag },
    body: { kind: "forward", url: storage.presign("GET", key).href },
  };
  return notModified(exchange, etag) ?? forwarded;
}

/** The tag of a download in the way of this instance. `digest` gives the 64 hex digits of the strong one. */
export function downloadTag({ instance }: Exchange, digest: () => string): string | undefined {
  switch (instance.knobs.etag) {
    case "constant":
      return CONSTANT_TAG;
    case "strong":
      return `"${digest()}"`;
    case "none":
      return undefined;
  }
}

/** Rails answers If-None-Match before Workhorse has a look at the bytes, so a constant tag hides every change. */
export function notModified({ request }: Exchange, etag: string | undefined): Reply | undefined {
  if (etag === undefined || !noneMatchHolds(request.headers["if-none-match"], etag)) return undefined;
  return empty(304, { ETag: etag });
}

/** Grape redirects GET with 302 and, as HTTP/1.1 has it, everything else with 303. */
function redirectToStorage({ instance, request }: Exchange, key: string): Reply {
  const isHead = request.method === "HEAD";
  const location = instance.storage.presign(isHead ? "HEAD" : "GET", key).href;
  const body = isHead
    ? `An alternate resource is located at ${location}.`
    : `This resource has been moved temporarily to ${location}.`;
  return text(isHead ? 303 : 302, body, { Location: location });
}

/** GitLab's hashed storage: the digest of the project id, the date, the ids of job and artifact. */
function objectKey(job: Job, filename: string): string {
  const digest = createHash("sha256").update(String(job.pipeline.project.id)).digest("hex");
  const date = job.createdAt.toISOString().slice(0, 10).replaceAll("-", "_");
  return `/gitlab-artifacts/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest}/${date}/${job.id}/${job.id}/${encodeURIComponent(filename)}`;
}
