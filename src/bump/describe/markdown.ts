/**
 * Words of others in GitLab's Markdown. They stand in code spans only: what is in one is no mention, no reference, no link, no
 * markup and no HTML (GitLab documentation, "GitLab Flavored Markdown"; CommonMark 0.31 §6.1). The only place that escapes.
 */
import {
  commitAddress,
  compareAddress,
  jobAddress,
  pipelineAddress,
  type ProjectPage,
} from "../../gitlab/web-address.js";
import { redact } from "../../redact.js";

/** Characters of one foreign text. */
const MAX_LENGTH = 120;

/**
 * A code span that shows `text` and is safe anywhere in a line, also in a table: on one line, bounded, without control, bidirectional
 * and invisible characters. A backtick becomes an apostrophe, and a pipe, which would end a table's cell even in code, is escaped
 * as the table extension wants it.
 */
export function code(text: string, length = MAX_LENGTH): string {
  const line = plain(text, length).replaceAll("`", "'").replaceAll("\\", "/").replaceAll("|", "\\|");
  return line === "" ? "–" : `\`${line}\``;
}

/** The text that `code` shows. */
export function plain(text: string, length = MAX_LENGTH): string {
  const line = redact(text)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  const characters = [...line];
  return characters.length > length ? `${characters.slice(0, length).join("")}…` : line;
}

/** A word for titles and commit messages, which have no code spans: only what can never be syntax is left. */
export function word(text: string): string {
  return plain(text)
    .replace(/[^A-Za-z0-9._+-]+/g, "-")
    .slice(0, 60);
}

/** A link with a code span as its text. What could end the link's target is percent-encoded in `url`. */
export function link(text: string, url: string): string {
  const target = url.replace(/[^\w.~:/?#@!$&*+,;=%-]/g, percentEncoded);
  return `[${code(text)}](<${target}>)`;
}

/** RFC 3986 §2.1, of one UTF-16 unit or more. */
function percentEncoded(text: string): string {
  return Buffer.from(text).toString("hex").replace(/../g, "%$&");
}

/** A table as GitHub's extension defines it; the cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The page of a project whose path holds nothing that could be syntax. */
function plainPage({ instance, project }: ProjectPage): ProjectPage {
  return { instance, project: plain(project) };
}

const short = (commit: string) => commit.slice(0, 8);

export function commitLink(page: ProjectPage, commit: string): string {
  return link(short(commit), commitAddress(plainPage(page), commit));
}

/** To the page on which GitLab compares two commits. */
export function compareLink(
  page: ProjectPage,
  { from, to }: { readonly from: string; readonly to: string },
): string {
  return link(`${short(from)}...${short(to)}`, compareAddress(plainPage(page), { from, to }));
}

export function jobLink(page: ProjectPage, text: string, job: number): string {
  return link(text, jobAddress(plainPage(page), job));
}

export function pipelineLink(page: ProjectPage, pipeline: number): string {
  return link(String(pipeline), pipelineAddress(plainPage(page), pipeline));
}

/**
 * A part that is folded (GitLab documentation, "GitLab Flavored Markdown", collapsible section).
 *
 * @param summary words of ours alone: it stands in HTML
 */
export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** The day of an instant in UTC, as ISO 8601 writes it; nothing for none. */
export function day(instant: string | null | undefined): string {
  return instant === undefined || instant === null ? "" : new Date(instant).toISOString().slice(0, 10);
}
