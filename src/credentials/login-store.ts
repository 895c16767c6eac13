/**
 * What `artifacts auth login` keeps: a private file for each instance in a private folder. Refused when others can read it, so
 * that a copied home does not go unnoticed.
 */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { readText, writeFiles } from "../write-file.js";
import type { Environment } from "./source.js";
import { loginsFolder } from "./user-files.js";

const Instance = z.url({ protocol: /^https?$/ });
const Login = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("token"), instance: Instance, token: z.string().min(1) }),
  z.strictObject({
    kind: z.literal("oauth"),
    instance: Instance,
    clientId: z.string().min(1),
    accessToken: z.string().min(1),
    refreshToken: z.string().min(1).optional(),
    expiresAt: z.iso.datetime().optional(),
    scopes: z.array(z.string()),
  }),
]);
/** As it is stored; the tokens leave this folder as `Secret`s only. */
export type Login = z.output<typeof Login>;
export type OAuthLogin = Extract<Login, { kind: "oauth" }>;

const OTHERS = 0o077;

/** The file for an instance; undefined when the user has no home. */
export function loginFile(env: Environment, origin: string): string | undefined {
  const folder = loginsFolder(env);
  return folder === undefined ? undefined : join(folder, `${encodeURIComponent(origin)}.json`);
}

/**
 * The login in `file`; undefined when there is none.
 *
 * @throws UserError when others can read it, or when it is no login
 */
export async function readLogin(file: string): Promise<Login | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  for (const path of [file, dirname(file)]) await requirePrivate(path);
  const parsed = Login.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new UserError("CREDENTIALS_BAD_LOGIN", `${file} does not hold a login.`, {
    hint: `remove it and log in again: rm '${file}'`,
  });
}

export async function writeLogin(file: string, login: Login): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFiles([{ path: file, text: `${JSON.stringify(login, undefined, 2)}\n`, mode: 0o600 }]);
}

export function removeLogin(file: string): Promise<void> {
  return rm(file, { force: true });
}

/** Origins of the instances that there are logins for. */
export async function listLogins(env: Environment): Promise<string[]> {
  const folder = loginsFolder(env);
  const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
  return names.flatMap((name) => {
    const [, origin] = /^([^.].*)\.json$/.exec(name) ?? [];
    return origin === undefined ? [] : [decodeURIComponent(origin)];
  });
}

async function requirePrivate(path: string): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === "win32" || (mode & OTHERS) === 0) return;
  throw new UserError(
    "CREDENTIALS_LOGIN_READABLE",
    `${path} is open to other users, so the login in it is not used.`,
    {
      hint: `chmod go= '${path}'; if others use this machine, log in again`,
    },
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
