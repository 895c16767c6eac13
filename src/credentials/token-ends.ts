/**
 * What GitLab said about the ends of tokens, remembered between commands: so every command can warn ahead, and GitLab is asked
 * once a day for each token, not once a command. A token is known by a fingerprint; none is kept here.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { z } from "zod";
import { makeDirectory } from "../make-directory.js";
import { readText, writeFiles } from "../write-file.js";
import type { Credential } from "./credentials.js";
import type { Environment } from "./source.js";
import { tokenEndsFile } from "./user-files.js";

const TokenEnd = z.object({
  instance: z.url(),
  source: z.string(),
  fingerprint: z.string(),
  /** Undefined when it has no end, or GitLab does not tell. */
  endsAt: z.iso.datetime().optional(),
  askedAt: z.iso.datetime(),
});
export type TokenEnd = z.output<typeof TokenEnd>;

export const DAY_MS = 86_400_000;
/** From so many days ahead the end of a token is warned about. */
export const WARNING_DAYS = 14;
/** What was not used for so long is forgotten. */
const KEPT_MS = 30 * DAY_MS;
const MAX_KEPT = 100;

/** What is remembered; nothing when it cannot be read. */
export async function readTokenEnds(env: Environment): Promise<readonly TokenEnd[]> {
  const file = tokenEndsFile(env);
  try {
    const text = file === undefined ? undefined : await readText(file);
    return z.array(TokenEnd).parse(JSON.parse(text ?? "[]"));
  } catch {
    return [];
  }
}

/** Remembers some, each in place of what its source had for its instance before. That it cannot is no trouble for a command. */
export async function rememberTokenEnds(
  env: Environment,
  added: readonly TokenEnd[],
  now: number,
): Promise<void> {
  const file = tokenEndsFile(env);
  if (file === undefined || added.length === 0) return;
  const replaced = new Set(added.map(placeOf));
  const kept = (await readTokenEnds(env)).filter(
    (one) => !replaced.has(placeOf(one)) && Date.parse(one.askedAt) > now - KEPT_MS,
  );
  const text = `${JSON.stringify([...added, ...kept].slice(0, MAX_KEPT), undefined, 2)}\n`;
  try {
    await makeDirectory(dirname(file), 0o700);
    await writeFiles([{ path: file, text, mode: 0o600 }]);
  } catch {
    // GitLab is asked again next time
  }
}

/** Whether GitLab was asked about this token within the last day. */
export function isFresh(known: readonly TokenEnd[], credential: Credential, now: number): boolean {
  const fingerprint = fingerprintOf(credential);
  return known.some((one) => one.fingerprint === fingerprint && Date.parse(one.askedAt) > now - DAY_MS);
}

/** Tells a token from another, and nothing about it: half of a digest. */
export function fingerprintOf({ headers }: Credential): string {
  return createHash("sha256").update(JSON.stringify(headers)).digest("hex").slice(0, 32);
}

/** A token whose end is near. */
export interface EndingSoon extends Pick<TokenEnd, "instance" | "source"> {
  /** 0: today. */
  readonly days: number;
}

/** The tokens that end within two weeks. */
export function endingSoon(known: readonly TokenEnd[], now: number): EndingSoon[] {
  return known.flatMap(({ instance, source, endsAt }) => {
    const days = endsAt === undefined ? Infinity : daysUntil(new Date(endsAt), now);
    return days > WARNING_DAYS || days < 0 ? [] : [{ instance, source, days }];
  });
}

/** One sentence for each of them. */
export function warningsOf(known: readonly TokenEnd[], now: number): string[] {
  return endingSoon(known, now).map(({ instance, source, days }) => {
    const when = days === 0 ? "today" : `in ${days} ${days === 1 ? "day" : "days"}`;
    return `the token from ${source} for ${instance} ends ${when}; a new one: ${instance}/-/user_settings/personal_access_tokens`;
  });
}

/** Days until `end`; those begun count. */
export function daysUntil(end: Date, now: number): number {
  return Math.ceil((end.getTime() - now) / DAY_MS);
}

function placeOf({ instance, source }: TokenEnd): string {
  return JSON.stringify([instance, source]);
}
