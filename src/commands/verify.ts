/** `artifacts verify`: download what is locked again and compare. Writes nothing. */
import { openProject, readProjectLock, selectNames } from "../project.js";
import { verifyLocked, type Verified } from "../verify-lock.js";
import type { Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";

export const run: Run<object> = async (given, _options, context) => {
  const project = await openProject(context.cwd);
  const lock = await readProjectLock(project);
  const names = selectNames(given, Object.keys(lock.artifacts), project.config.lock);
  const locked = Object.entries(lock.artifacts)
    .filter(([name]) => names.has(name))
    .flatMap(([name, artifact]) =>
      Object.entries(artifact.systems).map(([system, variant]) => ({ name, artifact, system, variant })),
    );
  const gitlab = openGitLab(context);
  try {
    context.terminal.step(`verifying ${locked.length} variants`);
    const verified = await verifyLocked(locked, { gitlab, signal: context.signal });
    const trouble = verified.filter(({ verdict }) => verdict !== "same");
    return {
      data: { variants: verified.map(toJson) },
      text: [...trouble.map(describe), summaryOf(verified.length, trouble.length)].join("\n"),
      errors: trouble.flatMap(({ error }) => error ?? []),
    };
  } finally {
    await gitlab.close();
  }
};

function toJson({ name, system, verdict, variant }: Verified): object {
  const { url, job, hash, expiresAt } = variant;
  return { artifact: name, system, verdict, url, job, hash, expiresAt };
}

function describe({ name, system, verdict, variant }: Verified): string {
  return `${name}  ${system}  ${verdict} (job ${variant.job} of ${variant.project})`;
}

function summaryOf(all: number, trouble: number): string {
  return trouble === 0
    ? `${all} variants are what is locked`
    : `${all - trouble} of ${all} variants are what is locked`;
}
