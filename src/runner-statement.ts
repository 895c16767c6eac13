/** The runner's statement about freshly hashed bytes, as the lock keeps it. Beside the line: words of others, and never needed. */
import { UserError } from "./errors.js";
import type { GitLab } from "./gitlab/gitlab.js";
import { readStatement, type SlsaStatement } from "./gitlab/slsa-statement.js";
import type { HashOutcome } from "./hash/hash.js";
import type { Hashed } from "./hash/hashed.js";
import type { Statement } from "./lock/schema.js";
import { excerpt } from "./redact.js";
import type { Resolved } from "./resolve/resolved.js";
import { sriToHex } from "./store/sri.js";
import type { Terminal } from "./terminal/terminal.js";

/**
 * Finds the statement about one of `all`; there is none about others. It is asked for when it is first wanted, and once for
 * each job.
 *
 * @returns a function that throws a GitLabError when GitLab is out of reach; what is not there, or makes no sense, is no statement
 */
function runnerStatements(
  all: readonly Resolved[],
  gitlab: GitLab,
): (one: Resolved) => Promise<Statement | undefined> {
  const files = new Map<string, Set<string>>();
  for (const { file, ...one } of all) {
    const own = files.get(keyOf(one)) ?? new Set();
    files.set(keyOf(one), file === undefined ? own : own.add(file));
  }
  const answers = new Map<string, Promise<SlsaStatement | undefined>>();
  return async (one) => {
    const key = keyOf(one);
    if (!files.has(key)) return undefined;
    const job = { instance: one.gitlab, projectId: one.projectId, job: one.job };
    const answer =
      answers.get(key) ??
      readStatement(gitlab, { ...job, archiveName: one.archiveName }, files.get(key) ?? new Set());
    answers.set(key, answer);
    return asStatement(await answer, one);
  };
}

/** What was hashed, with the statements about those that are among `all`. One that GitLab fails to give fails its variant. */
export function withStatements(
  all: readonly Resolved[],
  { gitlab, terminal }: { readonly gitlab: GitLab; readonly terminal: Terminal },
): (outcomes: readonly HashOutcome[]) => Promise<HashOutcome[]> {
  const statementOf = runnerStatements(all, gitlab);
  const complete = async (outcome: HashOutcome): Promise<HashOutcome> => {
    if (!("hashed" in outcome)) return outcome;
    const { hashed } = outcome;
    try {
      const statement = await statementOf(hashed);
      if (statement === undefined) return outcome;
      const odd = contradiction(hashed, statement);
      if (odd !== undefined) terminal.warn(odd);
      return { variant: outcome.variant, hashed: { ...hashed, statement } };
    } catch (error) {
      if (error instanceof UserError) return { variant: outcome.variant, error };
      throw error;
    }
  };
  return (outcomes) => Promise.all(outcomes.map(complete));
}

function keyOf({ gitlab, projectId, job }: Pick<Resolved, "gitlab" | "projectId" | "job">): string {
  return `${gitlab} ${projectId} ${job}`;
}

function asStatement(said: SlsaStatement | undefined, { file }: Resolved): Statement | undefined {
  const builder = line(said?.builder);
  if (said === undefined || builder === undefined) return undefined;
  const { commit, subjects } = said;
  const subject = file === undefined ? undefined : subjects.get(file);
  const buildType = line(said.buildType);
  const invocation = line(said.invocation);
  return {
    builder,
    ...(buildType === undefined ? {} : { buildType }),
    ...(invocation === undefined ? {} : { invocation }),
    ...(commit === undefined ? {} : { commit }),
    ...(subject === undefined ? {} : { subject }),
  };
}

/** Undefined when nothing is left of it. */
function line(text: string | undefined): string | undefined {
  const short = excerpt(text ?? "");
  return short === "" ? undefined : short;
}

/**
 * What contradicts what GitLab said; undefined when nothing does. Only of form `file` is the hash one of the file itself.
 */
function contradiction(
  { artifact, system, form, job, commit, hash }: Hashed,
  statement: Statement,
): string | undefined {
  const whose = `${artifact} (${system}): the unsigned statement in the archive of job ${job}`;
  const bytes = sriToHex(hash);
  if (form === "file" && statement.subject !== undefined && statement.subject !== bytes) {
    return `${whose} names other bytes for the file: ${statement.subject}.`;
  }
  if (statement.commit !== undefined && statement.commit !== commit) {
    return `${whose} names the commit ${statement.commit}, GitLab ${commit}.`;
  }
  return undefined;
}
