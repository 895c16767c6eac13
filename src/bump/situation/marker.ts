/**
 * What the bot writes for itself: a comment in the description of each merge request, and a trailer in each commit. Both are
 * read as anybody's words: what is not exactly of this form is none of ours.
 */
import { z } from "zod";
import type { Commit } from "../../gitlab/forge-schema.js";

const Digest = z.string().regex(/^[0-9a-f]{32}$/);

const Marker = z.strictObject({
  version: z.literal(1),
  topic: z.string().regex(/^[A-Za-z0-9_.-]{1,120}$/),
  /** The branch that it was opened for. */
  target: z.string().min(1).max(255).optional(),
  /** Of the lock entries that are proposed. */
  fingerprint: Digest,
  /** Of title and description, so that equal ones are not written. */
  text: Digest,
  /** Why the bot closed it itself; a person who closes a merge request leaves no reason. */
  closed: z.enum(["obsolete"]).optional(),
});
export type Marker = z.infer<typeof Marker>;

/** At the beginning of a line, where no word of others ever stands. */
const COMMENT = /^<!-- artifacts-bump: (\{[^\n<>]{1,3000}\}) -->/m;

/** The comment, on one line. */
export function printMarker(marker: Marker): string {
  const text = JSON.stringify(marker).replace(/[<>\u2028\u2029]/g, escaped);
  return `<!-- artifacts-bump: ${text} -->`;
}

/** RFC 8259 §7. The names of branches are words of others. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The marker of a description, or undefined when the bot has not written it. */
export function markerOf(description: string): Marker | undefined {
  const text = COMMENT.exec(description)?.[1];
  if (text === undefined) return undefined;
  try {
    return Marker.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The same description with another marker. */
export function withMarker(description: string, marker: Marker): string {
  return description.replace(COMMENT, () => printMarker(marker));
}

const TRAILER = /^Artifacts-Bump: ([0-9a-f]{32})$/m;

/** The trailer of a commit message (git-interpret-trailers(1)). */
export function printTrailer(fingerprint: string): string {
  return `Artifacts-Bump: ${fingerprint}`;
}

/**
 * The fingerprint that a commit of the bot carries; undefined for a commit of anybody else. The API gives author and committer the
 * same time; whoever amends or rebases the commit changes the second one.
 */
export function fingerprintOfCommit(commit: Commit): string | undefined {
  const untouched = Date.parse(commit.authored_date) === Date.parse(commit.committed_date);
  const isOne = commit.parent_ids.length <= 1;
  return untouched && isOne ? TRAILER.exec(commit.message)?.[1] : undefined;
}

const RECREATE = "<!-- artifacts-bump-recreate -->";

/** A box that a person ticks to have the branch made anew. */
export function recreateBox(): string {
  return `- [ ] ${RECREATE} Make this branch anew, dropping other commits on it`;
}

export function wantsRecreation(description: string): boolean {
  return new RegExp(`^[ \\t]*[-*] \\[[xX]\\] ${RECREATE}`, "m").test(description);
}
