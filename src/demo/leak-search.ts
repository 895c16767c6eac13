/** Looks for a secret where it must not be. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** So much of a token in one piece is no accident. */
const PIECE = 10;

/** The ways in which a token is written by accident: plain, in pieces, in Basic auth, in a URL, as hex. */
function spellings(secret: string): Buffer[] {
  const base64 = [0, 1, 2].map((shift) => {
    const padded = Buffer.from(`${"x".repeat(shift)}${secret}`)
      .toString("base64")
      .replace(/=+$/, "");
    return padded.slice(Math.ceil((shift * 4) / 3), -2);
  });
  const texts = [
    ...pieces(secret),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("hex"),
    Buffer.from(secret).toString("hex").toUpperCase(),
    ...base64,
    // As URLs have it (RFC 4648, section 5).
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
  return texts.map((text) => Buffer.from(text));
}

/** Every piece of what is secret in it: the prefix of GitLab's tokens is known to all. */
function pieces(secret: string): string[] {
  const body = secret.replace(/^gl[a-z]+-/, "");
  const starts = Array.from({ length: Math.max(1, body.length - PIECE + 1) }, (_, start) => start);
  return [...new Set(starts.map((start) => body.slice(start, start + PIECE)))];
}

/**
 * The files of `paths` that hold `secret` in any spelling.
 *
 * @param paths regular files
 */
export async function filesWith(secret: string, paths: readonly string[]): Promise<string[]> {
  const needles = spellings(secret);
  const found: string[] = [];
  for (const path of paths) {
    const bytes = await readFile(path);
    if (needles.some((needle) => bytes.includes(needle))) found.push(path);
  }
  return found;
}

/** The regular files of a folder and of all below it, as paths. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
