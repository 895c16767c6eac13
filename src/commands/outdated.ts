/** `artifacts outdated`: what `lock` would change. Asks GitLab, downloads nothing, writes nothing. */
import type { Expiring } from "../lock/expiry.js";
import { lockedVariantOf } from "../lock/reuse.js";
import { openDeclaredProject, readProjectLock, selectNames } from "../project.js";
import type { LockedVariant } from "../lock/schema.js";
import { describePassedOver } from "../resolve/passed-over.js";
import type { Described, Resolved } from "../resolve/resolved.js";
import type { Run } from "./command.js";
import { expiringAmong, expiringToJson, warnOfExpiring } from "./expiring.js";

export const run: Run<object> = async (given, _options, context) => {
  const [project, { resolveAll }, { openGitLab }] = await Promise.all([
    openDeclaredProject(context.cwd),
    import("../pipeline.js"),
    import("./open-gitlab.js"),
  ]);
  const { declared } = project;
  const previous = await readProjectLock(project);
  const known = declared.map(({ name }) => name);
  const names = selectNames(given, known, `${project.config.manifests}/`);
  const gitlab = openGitLab(context);
  try {
    const { terminal, signal } = context;
    const { resolved, failures } = await resolveAll(
      { declared, names, previous },
      { gitlab, terminal, signal },
    );
    const outdated = resolved.flatMap((one) => {
      const locked = lockedVariantOf(previous, one);
      return locked?.url === one.url && locked.form === one.form ? [] : [{ one, locked }];
    });
    const expiring = expiringAmong(previous, names, project.config).filter(
      (one) => !resolved.some((now) => isKeptNow(one, now)),
    );
    warnOfExpiring(expiring, context);
    return {
      data: {
        outdated: outdated.map(toJson),
        passedOver: resolved.flatMap(passedOverToJson),
        expiring: expiring.map(expiringToJson),
      },
      text: [
        ...(outdated.length + failures.length === 0 ? ["everything is up to date"] : outdated.map(describe)),
        ...resolved.flatMap(explainChoice),
      ].join("\n"),
      errors: failures.map(({ error }) => error),
    };
  } finally {
    await gitlab.close();
  }
};

/** Whether somebody had GitLab keep it since it was locked. */
function isKeptNow({ artifact, system, variant }: Expiring, now: Resolved): boolean {
  return (
    now.artifact === artifact &&
    now.system === system &&
    now.job === variant.job &&
    now.projectId === variant.projectId &&
    now.expiresAt === null
  );
}

interface Outdated {
  readonly one: Described;
  readonly locked: LockedVariant | undefined;
}

function toJson({ one, locked }: Outdated): object {
  return {
    artifact: one.artifact,
    system: one.system,
    from: locked === undefined ? null : { version: locked.version, commit: locked.commit, job: locked.job },
    to: { version: one.version, commit: one.commit, job: one.job },
  };
}

function passedOverToJson({ artifact, system, passedOver }: Resolved): object[] {
  return passedOver.map(({ ref, pipeline, why }) => ({
    artifact,
    system,
    ref,
    pipeline: pipeline ?? null,
    why,
  }));
}

/** Why it is not the newest pipeline, or the highest tag, that was chosen. */
function explainChoice({ artifact, system, pipeline, passedOver }: Resolved): string[] {
  const taken = `${artifact}  ${system}  pipeline ${pipeline} is taken, because`;
  return passedOver.map((one) => `${taken} ${lowered(describePassedOver(one))}`);
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function describe({ one, locked }: Outdated): string {
  const from = locked === undefined ? "not locked" : `${locked.version} (job ${locked.job})`;
  return `${one.artifact}  ${one.system}  ${from} → ${one.version} (job ${one.job})`;
}
