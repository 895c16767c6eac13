/** `artifacts publish`: locked artifacts into a binary cache, from which any Nix may take them. Needs no Nix itself. */
import { UserError } from "../errors.js";
import type { Visibility } from "../gitlab/schema.js";
import { openProject, requireProjectLock, selectNames } from "../project.js";
import { AUDIENCES, withoutExposed } from "../publish/audience.js";
import { publish, type PublishOutcome } from "../publish/publish.js";
import { type CacheOptions, openTarget } from "./cache-target.js";
import type { CommandResult, Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";
import { selectVariants } from "./select-variants.js";

export interface PublishOptions extends CacheOptions {
  readonly system?: readonly string[];
  readonly audience?: string;
  readonly exposePrivate?: boolean;
}

export const run: Run<PublishOptions> = async (given, options, context) => {
  const { cwd, signal, terminal } = context;
  const audience = options.exposePrivate === true ? "private" : parseAudience(options.audience);
  const target = await openTarget(options, context);
  const { cache } = target;
  const project = await openProject(cwd);
  const lock = await requireProjectLock(project);
  const names = selectNames(given, Object.keys(lock.artifacts), project.config.lock);
  const selection = { names, named: given.length > 0, systems: options.system };
  const selected = selectVariants(lock, selection);
  const gitlab = openGitLab(context);
  try {
    const { wanted, errors } = await withoutExposed(selected.wanted, audience, gitlab);
    terminal.step(`publishing ${wanted.length} variants to ${cache.name}`);
    let done = 0;
    const onProgress = () => terminal.step(`published ${++done} of ${wanted.length} to ${cache.name}`);
    const outcomes = await publish(wanted, { ...target, gitlab, signal, onProgress });
    return resultOf(cache.name, outcomes, [...selected.errors, ...errors]);
  } finally {
    await cache.close();
    await gitlab.close();
  }
};

function parseAudience(text = "private"): Visibility {
  const audience = AUDIENCES.find((one) => one === text);
  if (audience !== undefined) return audience;
  throw new UserError("BAD_AUDIENCE", `there is no audience "${text}"`, {
    exitCode: 2,
    hint: `who may read the cache? one of ${AUDIENCES.join(", ")}, as GitLab has them`,
  });
}

function resultOf(
  cache: string,
  outcomes: readonly PublishOutcome[],
  errors: readonly UserError[],
): CommandResult {
  const there = outcomes.filter(({ status }) => status !== "failed");
  const published = there.filter(({ status }) => status === "published").length;
  return {
    data: {
      cache,
      paths: there.map(({ artifact, system, variant, status }) => ({
        artifact,
        system,
        path: variant.storePath,
        published: status === "published",
      })),
    },
    text: `${cache}: ${published} published, ${there.length - published} already there`,
    errors: [...errors, ...outcomes.flatMap((one) => (one.status === "failed" ? [one.error] : []))],
  };
}
