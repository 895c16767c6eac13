/**
 * A run of the bot as a JUnit report, which GitLab shows on the page of the pipeline. Only what GitLab reads of it (GitLab
 * documentation, "Unit test reports"): suites, cases, failures and output.
 */
import type { Applied } from "../bump/apply/applied.js";
import { otherErrors, outcomesOf, type ArtifactOutcome } from "../bump/artifact-outcomes.js";
import { branchOf, type Action } from "../bump/plan/action.js";
import type { Tended } from "../bump/tend.js";
import { type UserError, userErrorsOf } from "../errors.js";
import { redact } from "../redact.js";
import { writeFiles } from "../write-file.js";

/**
 * Writes the report, where one is wanted. What keeps it from being written hides nothing of the run, which is done all the same.
 *
 * @returns what that was
 */
export async function writeJunit(
  file: string | undefined,
  suites: readonly Suite[],
): Promise<readonly UserError[]> {
  try {
    if (file !== undefined) await writeFiles([{ path: file, text: printJunit(suites) }]);
    return [];
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return errors;
  }
}

interface Case {
  readonly name: string;
  /** What became of it. */
  readonly output: readonly string[];
  readonly errors: readonly UserError[];
}

/** The cases of one project. */
export interface Suite {
  /** Undefined for what belongs to no project. */
  readonly project: string | undefined;
  readonly cases: readonly Case[];
}

/** One case for each artifact, one for each branch that is only tidied up, and one for each problem that belongs to neither. */
export function suiteOf(project: string, tended: Tended): Suite {
  const { plan, applied } = tended;
  const outcomes = new Map(applied.map((one) => [one.action, one]));
  const tidied = plan.actions.filter((action) => !("topic" in action));
  const cases = tidied.map((action) => caseOfBranch(action, outcomes.get(action)));
  const told = new Set(cases.flatMap(({ errors }) => errors));
  return {
    project,
    cases: [
      ...outcomesOf(tended).map(caseOfArtifact),
      ...cases,
      ...problems(otherErrors(tended).filter((error) => !told.has(error))),
    ],
  };
}

/** What could not be begun. */
export function suiteOfErrors(project: string | undefined, errors: readonly UserError[]): Suite {
  return { project, cases: problems(errors) };
}

function caseOfArtifact({ artifact, target, outcome, request, notes, errors }: ArtifactOutcome): Case {
  return {
    name: target.isDefault ? artifact : `${artifact}@${target.branch}`,
    output: [outcome, ...notes, ...(request === undefined ? [] : [request.url])],
    errors,
  };
}

function caseOfBranch(action: Action, done: Applied | undefined): Case {
  const output = [done?.outcome ?? `planned: ${action.kind}`];
  return { name: branchOf(action), output, errors: done?.errors ?? [] };
}

/** Of cases with the same name GitLab shows one, so each kind of problem is one case. */
function problems(errors: readonly UserError[]): Case[] {
  const codes = [...new Set(errors.map(({ code }) => code))];
  return codes.map((code) => ({
    name: code,
    output: [],
    errors: errors.filter((error) => error.code === code),
  }));
}

function explain({ message, hint }: UserError): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

/** GitLab merges suites of one name, so with several each has that of its project. */
export function printJunit(suites: readonly Suite[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${countsOf(suites.flatMap(({ cases }) => cases))}>`,
    ...suites.flatMap((suite) => printSuite(suite, suites.length > 1)),
    "</testsuites>",
    "",
  ].join("\n");
}

function printSuite({ project, cases }: Suite, isOneOfMany: boolean): string[] {
  const name = isOneOfMany && project !== undefined ? `artifacts bump: ${project}` : "artifacts bump";
  return [
    `  <testsuite name="${xml(name)}" ${countsOf(cases)}>`,
    ...cases.flatMap((one) => printCase(project ?? "artifacts bump", one)),
    "  </testsuite>",
  ];
}

function countsOf(cases: readonly Case[]): string {
  const failed = cases.filter(({ errors }) => errors.length > 0).length;
  return `tests="${cases.length}" failures="${failed}" errors="0"`;
}

function printCase(project: string, { name, output, errors }: Case): string[] {
  const text = errors.map(explain).join("\n\n"); // GitLab reads one failure of a case
  return [
    `    <testcase classname="${xml(project)}" name="${xml(name)}">`,
    ...(text === ""
      ? []
      : [`      <failure message="${xml(text.split("\n")[0] ?? "")}">${xml(text)}</failure>`]),
    ...(output.length === 0 ? [] : [`      <system-out>${xml(output.join("\n"))}</system-out>`]),
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
