/** File → `Lock`. The only reader of the format: everything after it works on a validated model. */
import { basename } from "node:path";
import type { z } from "zod";
import { artifactUrl } from "../gitlab/artifact-url.js";
import { throwAll, UserError, UserErrors, type Location } from "../errors.js";
import { excerpt } from "../redact.js";
import { readText } from "../write-file.js";
import { EMPTY_LOCK, Lock, type LockedVariant } from "./schema.js";
import { upgradeLock } from "./upgrade.js";

const RESTORE = "restore the file from version control, or delete it and run: artifacts lock";

/**
 * Reads a lockfile; a missing one is the empty lock.
 *
 * @throws UserError when the file is not JSON, holds merge conflict markers, is of a newer format, breaks the schema or has an
 *   address that is not of the job beside it
 */
export async function readLock(file: string): Promise<Lock> {
  const text = await readText(file);
  return text === undefined ? EMPTY_LOCK : parseLock(text, file);
}

/** As `readLock`, for text that was already read; `file` is for messages. */
export function parseLock(text: string, file: string): Lock {
  refuseConflictMarkers(text, file);
  const parsed = Lock.safeParse(upgradeLock(parseObject(text, file), basename(file)));
  if (!parsed.success) {
    throw new UserErrors(parsed.error.issues.map((issue) => malformed(basename(file), issue)));
  }
  refuseForeignAddresses(parsed.data, basename(file));
  return parsed.data;
}

function refuseConflictMarkers(text: string, file: string): void {
  const marker = /^(?:<{7}|={7}|>{7}|\|{7})(?: |$)/m.exec(text);
  if (marker === null) return;
  const line = text.slice(0, marker.index).split("\n").length;
  throw new UserError("LOCK_CONFLICT", `${basename(file)} holds merge conflict markers`, {
    at: { file, line, column: 1 },
    hint: `take either side (git checkout --ours ${basename(file)}), then run: artifacts lock`,
  });
}

function parseObject(text: string, file: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const at = positionIn(text, file, cause);
    throw new UserError("LOCK_MALFORMED", `${basename(file)} is not JSON: ${reasonOf(cause)}`, {
      cause,
      hint: RESTORE,
      at,
    });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UserError("LOCK_MALFORMED", `${basename(file)} is not a JSON object`, { hint: RESTORE });
  }
  return json as Readonly<Record<string, unknown>>; // checked: an object that is no array
}

/** V8 names the offset in its message, and only there. */
function positionIn(text: string, file: string, cause: unknown): Location | undefined {
  const offset = /at position (\d+)/.exec(cause instanceof Error ? cause.message : "")?.[1];
  if (offset === undefined) return undefined;
  const before = text.slice(0, Number(offset)).split("\n");
  return { file, line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/,? ?"[^]*" is not valid JSON$/, "").replace(/ in JSON at position.*$/, "");
}

/** An entry's bytes come from the job of the project that it names, whatever else the credentials would open. */
function refuseForeignAddresses({ artifacts }: Lock, file: string): void {
  throwAll(
    Object.entries(artifacts).flatMap(([artifact, { gitlab, systems }]) =>
      Object.entries(systems)
        .filter(([, variant]) => variant.url !== addressOf(variant, gitlab))
        .map(([system, variant]) => foreignAddress(`${artifact} (${system})`, { variant, gitlab, file })),
    ),
  );
}

function addressOf({ projectId, job, file }: LockedVariant, instance: string): string {
  return artifactUrl({ instance, projectId, job }, file ?? undefined);
}

function foreignAddress(
  entry: string,
  { variant, gitlab, file }: { variant: LockedVariant; gitlab: string; file: string },
): UserError {
  const { url, job, projectId } = variant;
  return new UserError(
    "LOCK_FOREIGN_ADDRESS",
    `${file}: the url of ${entry} is ${excerpt(url)}, but job ${job} of project ${projectId} has its file at ` +
      excerpt(addressOf(variant, gitlab)),
    { hint: RESTORE },
  );
}

function malformed(name: string, issue: z.core.$ZodIssue): UserError {
  const where = issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  return new UserError("LOCK_MALFORMED", `${name} breaks the lock format${where}: ${issue.message}`, {
    hint: RESTORE,
  });
}
