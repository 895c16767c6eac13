/**
 * A run of the bot as a JUnit report, which GitLab shows on the page of the pipeline. Only what GitLab reads of it (GitLab
 * documentation, "Unit test reports"): suites, cases, failures and output.
 */
import type { Applied } from "../bump/applied.js";
import { branchOf, type Action } from "../bump/plan.js";
import type { Tended } from "../bump/tend.js";
import type { UserError } from "../errors.js";
import { redact } from "../redact.js";

interface Case {
  readonly name: string;
  /** What became of it. */
  readonly output: string;
  readonly failures: readonly string[];
}

/** One case for each action and each topic that waits, and one for each problem that belongs to none. */
export function printJunit(project: string, { plan, applied, errors }: Tended): string {
  const told = new Set(applied.filter(isFailed).flatMap((one) => one.errors));
  return printSuite(project, [
    ...plan.actions.map((action) =>
      caseOf(
        action,
        applied.find((one) => one.action === action),
      ),
    ),
    ...plan.waiting.map(({ topic, why }) => ({ name: topic.branch, output: why, failures: [] })),
    ...errors.filter((error) => !told.has(error)).map(problem),
  ]);
}

/** The report of a run that could not begin. */
export function printJunitOfErrors(project: string, errors: readonly UserError[]): string {
  return printSuite(project, errors.map(problem));
}

function isFailed({ outcome }: Applied): boolean {
  return outcome === "failed";
}

function caseOf(action: Action, done: Applied | undefined): Case {
  const branch = branchOf(action);
  if (done === undefined) return { name: branch, output: `planned: ${action.kind}`, failures: [] };
  const output = [done.outcome, done.detail, done.request?.url]
    .filter((part) => part !== undefined)
    .join("\n");
  return { name: branch, output, failures: isFailed(done) ? done.errors.map(explain) : [] };
}

function problem(error: UserError): Case {
  return { name: error.code, output: "", failures: [explain(error)] };
}

function explain({ message, hint }: UserError): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

function printSuite(project: string, cases: readonly Case[]): string {
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const counts = `tests="${cases.length}" failures="${failed}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="artifacts bump" ${counts}>`,
    ...cases.flatMap((one) => printCase(project, one)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function printCase(project: string, { name, output, failures }: Case): string[] {
  return [
    `    <testcase classname="${xml(project)}" name="${xml(name)}">`,
    ...failures.map(
      (text) => `      <failure message="${xml(text.split("\n")[0] ?? "")}">${xml(text)}</failure>`,
    ),
    ...(output === "" ? [] : [`      <system-out>${xml(output)}</system-out>`]),
    "    </testcase>",
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for content and attributes, without the characters that XML 1.0 (§2.2, `Char`) has no place for. */
function xml(text: string): string {
  return redact(text)
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "")
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
