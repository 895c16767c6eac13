/** `artifacts publish`: locked artifacts into a binary cache, from which any Nix may take them. Needs no Nix itself. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { openCache } from "../cache/open-cache.js";
import { UserError } from "../errors.js";
import type { Visibility } from "../gitlab/schema.js";
import { openProject, readProjectLock, selectNames } from "../project.js";
import { AUDIENCES, withoutExposed } from "../publish/audience.js";
import { type Compression, COMPRESSIONS, DEFAULT_COMPRESSION } from "../publish/compression.js";
import { publish, type PublishOutcome } from "../publish/publish.js";
import { parseSigningKey, type SigningKey } from "../store/signing-key.js";
import type { CommandResult, Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";
import { selectVariants } from "./select-variants.js";

export interface PublishOptions {
  readonly to?: string;
  readonly system?: readonly string[];
  readonly compression?: string;
  readonly signingKey?: string;
  readonly netrcFile?: string;
  readonly audience?: string;
  readonly exposePrivate?: boolean;
}

export const run: Run<PublishOptions> = async (given, options, context) => {
  const { cwd, env, signal, terminal } = context;
  const compression = parseCompression(options.compression);
  const audience = options.exposePrivate === true ? "private" : parseAudience(options.audience);
  const signingKey = await readSigningKey(options.signingKey, cwd);
  const netrcFile = options.netrcFile === undefined ? undefined : resolve(cwd, options.netrcFile);
  const cache = await openCache(requireTo(options.to), { cwd, env, signal, netrcFile });
  const project = await openProject(cwd);
  const lock = await readProjectLock(project);
  const names = selectNames(given, Object.keys(lock.artifacts), project.config.lock);
  const selection = { names, named: given.length > 0, systems: options.system };
  const selected = selectVariants(lock, selection);
  const gitlab = openGitLab(context);
  try {
    const { wanted, errors } = await withoutExposed(selected.wanted, audience, gitlab);
    terminal.step(`publishing ${wanted.length} variants to ${cache.name}`);
    let done = 0;
    const onProgress = () => terminal.step(`published ${++done} of ${wanted.length} to ${cache.name}`);
    const outcomes = await publish(wanted, { gitlab, cache, compression, signingKey, signal, onProgress });
    return resultOf(cache.name, outcomes, [...selected.errors, ...errors]);
  } finally {
    await cache.close();
    await gitlab.close();
  }
};

function requireTo(to: string | undefined): string {
  if (to !== undefined) return to;
  throw new UserError("NO_CACHE", "publish where to?", {
    exitCode: 2,
    hint: "name the cache: --to file:///DIR, --to https://…, or --to 's3://BUCKET?region=…'",
  });
}

function parseCompression(text: string | undefined): Compression {
  if (text === undefined) return DEFAULT_COMPRESSION;
  if (isCompression(text)) return text;
  throw new UserError("BAD_COMPRESSION", `there is no compression "${text}"`, {
    exitCode: 2,
    hint: `there are: ${Object.keys(COMPRESSIONS).join(", ")}`,
  });
}

function isCompression(text: string): text is Compression {
  return Object.hasOwn(COMPRESSIONS, text);
}

function parseAudience(text = "private"): Visibility {
  const audience = AUDIENCES.find((one) => one === text);
  if (audience !== undefined) return audience;
  throw new UserError("BAD_AUDIENCE", `there is no audience "${text}"`, {
    exitCode: 2,
    hint: `who may read the cache? one of ${AUDIENCES.join(", ")}, as GitLab has them`,
  });
}

async function readSigningKey(file: string | undefined, cwd: string): Promise<SigningKey | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(cwd, file);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("BAD_SIGNING_KEY", `cannot read the signing key: ${reason}`, { cause });
  });
  return parseSigningKey(text, path);
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
