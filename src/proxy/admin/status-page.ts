import { createHash } from "node:crypto";
import Handlebars from "handlebars";
import { EXPIRY_WARNING_DAYS } from "../../config/load.js";
import { formatBytes } from "../../terminal/quantities.js";
import { type ArtifactReport, type LockReport, type Report, type State } from "./report.js";
import { PAGE, STYLE } from "./status-template.js";
import type { Trouble } from "./watch.js";

/** Nothing runs, nothing is loaded, nothing is framed; the one style is named by its hash. */
export const PAGE_HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
} as const;

// Every value is escaped by the template.
const fill = Handlebars.compile<object>(PAGE, { strict: true, knownHelpersOnly: true });

/** The report as a page that needs no script. */
export function printPage(report: Report): string {
  const { now, health, cache, counts, artifacts } = report;
  return fill({
    style: STYLE,
    version: report.version,
    asOf: moment(now, now),
    since: moment(report.startedAt, now),
    status: health.status,
    isReady: health.status === "ready",
    notes: health.notes,
    counts,
    days: EXPIRY_WARNING_DAYS,
    running: report.running,
    cacheBytes: formatBytes(cache.bytes),
    cacheMax: formatBytes(cache.maxBytes),
    locks: report.locks.map((lock) => lockRow(lock, now)),
    artifacts: artifacts.map((artifact) => artifactRow(artifact, now)),
    omitted: counts.variants - artifacts.length,
    troubles: report.troubles.map((trouble) => troubleRow(trouble, now)),
  });
}

function lockRow({ file, variants, loadedAt, problem }: LockReport, now: number) {
  return {
    file: visible(file),
    variants,
    loaded: moment(loadedAt, now),
    problem: problem === undefined ? undefined : visible(problem.message),
    since: problem === undefined ? undefined : moment(problem.since, now),
  };
}

const WORDS: Readonly<Record<State, string>> = {
  failing: "failing",
  expired: "expired in GitLab",
  expiring: "about to expire",
  fine: "fine",
};

function artifactRow(row: ArtifactReport, now: number) {
  return {
    artifact: visible(row.artifact),
    system: visible(row.system),
    project: visible(row.project),
    job: row.job,
    size: formatBytes(row.size),
    cached: row.cached,
    state: row.state,
    word: WORDS[row.state],
    failure: row.failure === undefined ? undefined : visible(row.failure.error),
    served: row.served,
    lastServed: row.lastServed === undefined ? undefined : moment(row.lastServed, now),
    expires: row.expiresAt === undefined ? undefined : moment(row.expiresAt, now),
  };
}

function troubleRow({ at, entry }: Trouble, now: number) {
  const { event, artifact, path, file, id, status, error, level, waited, rule, instance, source, days } =
    entry;
  return {
    at: moment(at, now),
    event: event === "served" && level === "warn" ? `slow: ${waited} ms to the first byte` : event,
    what: visible(String(artifact ?? path ?? file ?? instance ?? "")),
    status: status ?? "",
    id: id ?? "",
    error: visible(
      String(
        event === "token-ends"
          ? `the token from ${source} ends in ${days} ${days === 1 ? "day" : "days"}`
          : (error ?? rule ?? ""),
      ),
    ),
  };
}

/** A time for machines, the same for people, and how far away it is. */
function moment(at: number, now: number) {
  const instant = new Date(at).toISOString();
  const [date, time = ""] = instant.split("T");
  return { instant, clock: `${date} ${time.slice(0, 8)} UTC`, words: distance(at - now) };
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

function distance(ms: number): string {
  const [unit, length] = UNITS.find(([, length]) => Math.abs(ms) >= length) ?? ["", 1];
  if (unit === "") return "now";
  const count = Math.floor(Math.abs(ms) / length);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return ms < 0 ? `${words} ago` : `in ${words}`;
}

/** What a page would obey or hide, as a person can see it. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
