/**
 * The user's own settings: which instances may get tokens, and from where. They are outside of any repository, so they may
 * decide what a repository may not.
 */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { makeDirectory } from "../make-directory.js";
import { readText, writeFiles } from "../write-file.js";
import type { Environment } from "./source.js";
import { settingsFile } from "./user-files.js";

const Instance = z.strictObject({
  /** Tokens whose host nothing names (GITLAB_TOKEN without GITLAB_HOST) may be sent here. */
  trusted: z.boolean().optional(),
  /** Credentials may be sent over plain http. */
  plainHttp: z.boolean().optional(),
  /** Absolute path of a file with the token for this instance. */
  tokenFile: z.string().startsWith("/").optional(),
  /** A credential helper in Bazel's protocol: program and arguments, to which `get` is added. */
  helper: z.tuple([z.string().startsWith("/")], z.string()).optional(),
  /** Application ID for `artifacts auth login`. */
  clientId: z.string().min(1).optional(),
});
export type InstanceSettings = z.output<typeof Instance>;

const Settings = z.strictObject({
  /** By URL prefix: `https://gitlab.example.com`, or with the beginning of a path. The longest that fits counts. */
  instances: z.record(z.url({ protocol: /^https?$/ }), Instance).default({}),
});
export type Settings = z.output<typeof Settings>;

/** Settings that decide where secrets go and which program runs must not be writable by others. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The user's settings; empty when there is no file.
 *
 * @throws UserError when the file is malformed or others may write it
 */
export async function readSettings(env: Environment): Promise<Settings> {
  const file = settingsFile(env);
  const text = file === undefined ? undefined : await readText(file);
  if (file === undefined || text === undefined) return { instances: {} };
  const { mode } = await stat(file);
  if (process.platform !== "win32" && (mode & WRITABLE_BY_OTHERS) !== 0) throw writableByOthers(file);
  const parsed = Settings.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new UserError(
    "CREDENTIALS_BAD_SETTINGS",
    `${file} is not as expected:\n${z.prettifyError(parsed.error)}`,
    {
      hint: `edit ${file}; docs/credentials.md lists its fields`,
    },
  );
}

/** The settings for `url`, and the prefix that they stand under. */
export function settingsFor(
  { instances }: Settings,
  url: URL,
): { readonly prefix: URL; readonly instance: InstanceSettings } | undefined {
  return Object.entries(instances)
    .map(([prefix, instance]) => ({ prefix: new URL(prefix), instance }))
    .filter(({ prefix }) => isBelow(url, prefix))
    .toSorted((a, b) => b.prefix.pathname.length - a.prefix.pathname.length)[0];
}

function isBelow(url: URL, prefix: URL): boolean {
  const folder = prefix.pathname.endsWith("/") ? prefix.pathname : `${prefix.pathname}/`;
  return url.origin === prefix.origin && `${url.pathname}/`.startsWith(folder);
}

/**
 * Remembers a decision about an instance.
 *
 * @returns the file that holds it
 * @throws UserError when there is no home to keep it in
 */
export async function changeSettings(
  env: Environment,
  origin: URL,
  change: InstanceSettings,
): Promise<string> {
  const file = settingsFile(env);
  if (file === undefined) {
    throw new UserError(
      "CREDENTIALS_NO_HOME",
      "there is no place for settings: HOME and XDG_CONFIG_HOME are not set",
      {
        hint: "export HOME, or bind the token with GITLAB_HOST",
      },
    );
  }
  const { instances } = await readSettings(env);
  const changed = { ...instances, [origin.origin]: { ...instances[origin.origin], ...change } };
  await makeDirectory(dirname(file), 0o700);
  await writeFiles([
    { path: file, text: `${JSON.stringify({ instances: changed }, undefined, 2)}\n`, mode: 0o600 },
  ]);
  return file;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function writableByOthers(file: string): UserError {
  return new UserError(
    "CREDENTIALS_SETTINGS_WRITABLE",
    `${file} can be written by other users, so what it says about tokens is not followed.`,
    { hint: `chmod go-w '${file}'` },
  );
}
