/**
 * Single files out of an archive, and the list of what is in it. Workhorse extracts the files: whole, never in ranges,
 * never by redirect.
 */
import { createHash } from "node:crypto";
import { extname } from "node:path";
import type { Archive, ArchiveEntry } from "../archive/archive.js";
import type { Content } from "../archive/content.js";
import { refuse, workhorseNotFound, type Reply } from "../http/reply.js";
import { isExpired } from "../state/expiry.js";
import { internalError, latestJobOf } from "./artifacts.js";
import { jobOf, requireArtifactsAccess } from "./authorize.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { booleanQuery } from "./parameters.js";
import { downloadTag, notModified } from "./serve-archive.js";

/** GET `/projects/:id/jobs/:job_id/artifacts/*artifact_path`. */
export function downloadFileByJob(exchange: Exchange): Promise<Reply> {
  const job = jobOf(exchange);
  requireArtifactsAccess(exchange, job);
  const archive = isExpired(job, exchange.instance.now) ? undefined : job.artifacts?.archive;
  if (archive === undefined) refuse(404, "Not Found");
  return serveFile(
    exchange,
    archive,
    (path) => TYPE_BY_EXTENSION[extname(path)] ?? "application/octet-stream",
  );
}

/** GET `/projects/:id/jobs/artifacts/:ref_name/raw/*artifact_path?job=`. */
export function downloadFileByRef(exchange: Exchange): Promise<Reply> {
  const job = latestJobOf(exchange, "18.9");
  requireArtifactsAccess(exchange, job);
  const archive = job.artifacts?.archive ?? internalError();
  return serveFile(exchange, archive, (_path, content) => detectedType(content));
}

/** GET `/projects/:id/jobs/:job_id/artifacts/tree?path=&recursive=`. */
export async function listArtifactTree(exchange: Exchange): Promise<Reply> {
  const recursive = booleanQuery(exchange, "recursive");
  const job = jobOf(exchange);
  requireArtifactsAccess(exchange, job);
  const archive = isExpired(job, exchange.instance.now) ? undefined : job.artifacts?.archive;
  if (archive === undefined) refuse(404, "Artifacts Not Found");
  const directory = (exchange.request.query.get("path") ?? "").replace(/\/+$/, "");
  const entries = await archive.entries();
  if (directory !== "" && !entries.some(({ path, type }) => path === directory && type === "directory"))
    refuse(404, "Path Not Found");
  const prefix = directory === "" ? "" : `${directory}/`;
  const inside = entries
    .filter(({ path }) => path.startsWith(prefix))
    .filter(({ path }) => recursive || !path.slice(prefix.length).includes("/"))
    .map(showEntry);
  return paginate(exchange, inside, (entry) => entry);
}

type TypeOf = (path: string, content: Content) => string;

async function serveFile(exchange: Exchange, archive: Archive, typeOf: TypeOf): Promise<Reply> {
  const path = exchange.params["artifact_path"] ?? "";
  if (!isSafePath(path)) refuse(400, "Bad request");
  const entry = (await archive.entries()).find((entry) => entry.path === path && entry.type !== "directory");
  if (entry === undefined) return workhorseNotFound();
  const etag = downloadTag(exchange, () =>
    createHash("sha256").update(`${archive.sha256}:${path}`).digest("hex"),
  );
  const content = await entry.open();
  const found: Reply = {
    status: 200,
    headers: {
      "Content-Type": typeOf(path, content),
      "Content-Disposition": `attachment; filename="${path.split("/").at(-1)?.replaceAll('"', '\\"')}"`,
      ...(etag === undefined ? {} : { ETag: etag }),
    },
    body: { kind: "content", content, start: 0, end: content.size },
  };
  return notModified(exchange, etag) ?? found;
}

/** Relative, with no way up and no NUL. */
function isSafePath(path: string): boolean {
  const parts = path.split("/");
  return (
    path !== "" &&
    !path.startsWith("/") &&
    !path.includes("\0") &&
    !parts.includes("..") &&
    !parts.includes(".")
  );
}

/** A few of the types that Go's `mime.TypeByExtension` knows. */
const TYPE_BY_EXTENSION: Readonly<Record<string, string>> = {
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".xml": "text/xml; charset=utf-8",
  ".zip": "application/zip",
};

/** Text or not, by the first 512 bytes as Go's `http.DetectContentType` does; pages are never served as pages. */
function detectedType(content: Content): string {
  const [head = new Uint8Array()] = content.read(0, Math.min(content.size, 512));
  const isBinary = head.some(
    (byte) => byte < 0x09 || byte === 0x0b || (byte > 0x0d && byte < 0x1b) || (byte > 0x1b && byte < 0x20),
  );
  return isBinary ? "application/octet-stream" : "text/plain; charset=utf-8";
}

function showEntry({ path, type, mode, size }: ArchiveEntry) {
  const name = path.split("/").at(-1) ?? path;
  const octal = (kind: string) => kind + mode.toString(8).padStart(3, "0");
  if (type === "directory") return { name, path: `${path}/`, type: "directory", mode: octal("040") };
  return { name, path, type: "file", size, mode: octal(type === "symlink" ? "120" : "100") };
}
