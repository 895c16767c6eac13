/** `artifacts lock`: resolve the newest, hash what changed, write lock and overlay. */
import { isDeepStrictEqual } from "node:util";
import type { GitLabWriter } from "../gitlab/writer.js";
import type { Kept } from "../keep-locked.js";
import { diffLocks } from "../lock/diff.js";
import type { Expiring } from "../lock/expiry.js";
import type { Lock } from "../lock/schema.js";
import type { Relocked } from "../pipeline.js";
import { openDeclaredProject, readProjectLock, selectNames } from "../project.js";
import { changeToJson, describeChanges, describeSum, describeWritten } from "./changes.js";
import type { CommandContext, CommandResult, Run } from "./command.js";
import { expiringAmong, expiringToJson, warnOfExpiring } from "./expiring.js";

export interface LockOptions {
  readonly check?: boolean;
  readonly rehash?: boolean;
  readonly keep?: boolean;
}

export const run: Run<LockOptions> = async (names, options, context) => {
  if (options.check !== true) return lock(names, options, context);
  const { checkLock } = await import("./check.js"); // loads the type checker
  return checkLock(context);
};

async function lock(
  given: readonly string[],
  { rehash = false, keep = false }: LockOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const [project, { relock }, { writeLockAndOutput }, { openGitLab, openGitLabWriter, openTokens }] =
    await Promise.all([
      openDeclaredProject(context.cwd),
      import("../pipeline.js"),
      import("../output.js"),
      import("./open-gitlab.js"),
    ]);
  const { declared } = project;
  const previous = await readProjectLock(project);
  const names = selectNames(
    given,
    declared.map(({ name }) => name),
    `${project.config.manifests}/`,
  );
  const tokens = openTokens(context);
  const gitlab = openGitLab(context, tokens);
  try {
    const relocked = await relock(
      { declared, names, previous, rehash },
      {
        gitlab,
        terminal: context.terminal,
        signal: context.signal,
        maxUnpackedBytes: project.config.maxUnpackedBytes,
        runnerStatements: project.config.runnerStatements,
      },
    );
    const kept = keep
      ? await keepIn(relocked.lock, names, openGitLabWriter(context, tokens))
      : { lock: relocked.lock, errors: [] };
    const locked: Locked = {
      ...relocked,
      lock: kept.lock,
      errors: [...relocked.errors, ...kept.errors],
    };
    const nothingNew = isDeepStrictEqual(locked.lock, previous);
    const written =
      locked.errors.length > 0 && nothingNew ? [] : await writeLockAndOutput(project, locked.lock);
    const expiring = expiringAmong(locked.lock, names, project.config);
    warnOfExpiring(expiring, context);
    return { ...describeRun(previous, locked, written, expiring), errors: locked.errors };
  } finally {
    await gitlab.close();
  }
}

type Locked = Pick<Relocked, "lock" | "downloaded" | "errors">;

function describeRun(
  previous: Lock,
  { lock, downloaded }: Locked,
  written: readonly string[],
  expiring: readonly Expiring[],
): Pick<CommandResult, "data" | "text"> {
  const changes = diffLocks(previous, lock);
  const locked = Object.values(lock.artifacts).flatMap(({ systems }) => Object.keys(systems)).length;
  return {
    data: {
      changes: changes.map(changeToJson),
      locked,
      downloaded,
      written,
      expiring: expiring.map(expiringToJson),
    },
    text: [...describeChanges(changes), describeSum(changes, locked), ...describeWritten(written)].join("\n"),
  };
}

async function keepIn(lock: Lock, names: ReadonlySet<string>, writer: GitLabWriter): Promise<Kept> {
  const { keepLocked } = await import("../keep-locked.js");
  try {
    return await keepLocked(lock, names, writer);
  } finally {
    await writer.close();
  }
}
