/** Looks for a secret where it must not be. */
import { readFile } from "node:fs/promises";

/** The ways in which a token is written by accident: plain, in Basic auth, in a URL, as hex. */
function spellings(secret: string): Buffer[] {
  const base64 = [0, 1, 2].map((shift) => {
    const padded = Buffer.from(`${"x".repeat(shift)}${secret}`)
      .toString("base64")
      .replace(/=+$/, "");
    return padded.slice(Math.ceil((shift * 4) / 3), -2);
  });
  const texts = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("hex"), ...base64];
  return texts.map((text) => Buffer.from(text));
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
