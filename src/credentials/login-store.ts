/**
 * What `artifacts auth login` keeps: a private file for each instance in a private folder, which holds the login, or says that the
 * user's keyring does. Refused when others can read it, so that a copied home does not go unnoticed.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { makeDirectory } from "../make-directory.js";
import { readText, writeFiles } from "../write-file.js";
import { keepInKeyring, readFromKeyring, removeFromKeyring } from "./keyring.js";
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

const InKeyring = z.strictObject({ kind: z.literal("keyring"), instance: Instance });

/** Where a login is kept. */
export type Keeper = "keyring" | "file";

const OTHERS = 0o077;

/** The file for an instance; undefined when the user has no home. */
export function loginFile(env: Environment, origin: string): string | undefined {
  const folder = loginsFolder(env);
  return folder === undefined ? undefined : join(folder, `${encodeURIComponent(origin)}.json`);
}

/**
 * The login of `file`; undefined when there is none.
 *
 * @throws UserError when others can read it, when it is no login, or when it is in a keyring that does not open
 */
export async function readLogin(file: string): Promise<Login | undefined> {
  const stored = await readStored(file);
  if (stored === undefined || stored.kind !== "keyring") return stored;
  const text = await readFromKeyring(accountOf(file));
  if (text === undefined) return undefined;
  const parsed = Login.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw noLogin(`What your keyring has for ${stored.instance}`, file);
}

async function readStored(file: string): Promise<Login | z.output<typeof InKeyring> | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  for (const path of [file, dirname(file)]) await requirePrivate(path);
  const parsed = z.union([Login, InKeyring]).safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw noLogin(file, file);
}

export interface Kept {
  readonly keeper: Keeper;
  /** Whether the login before is still in a keyring that does not let it go. */
  readonly leftInKeyring: boolean;
}

/**
 * Keeps a login in the place of the one before.
 *
 * @param keeper where; a file serves where there is no keyring
 * @returns where it is
 */
export async function writeLogin(file: string, login: Login, keeper: Keeper): Promise<Kept> {
  const wasInKeyring = InKeyring.safeParse(jsonOf((await readText(file)) ?? "")).success;
  const kept =
    keeper === "keyring" && (await keepInKeyring(accountOf(file), JSON.stringify(login)))
      ? "keyring"
      : "file";
  const content = kept === "keyring" ? { kind: "keyring", instance: login.instance } : login;
  await makeDirectory(dirname(file), 0o700);
  await writeFiles([{ path: file, text: `${JSON.stringify(content, undefined, 2)}\n`, mode: 0o600 }]);
  const leftInKeyring = wasInKeyring && kept === "file" && !(await removeFromKeyring(accountOf(file)));
  return { keeper: kept, leftInKeyring };
}

/** Where the login of `file` is. */
export async function keeperOf(file: string): Promise<Keeper> {
  return (await readStored(file))?.kind === "keyring" ? "keyring" : "file";
}

/**
 * Removes a login.
 *
 * @throws UserError CREDENTIALS_NO_KEYRING when it stays in the keyring; the file still says so then
 */
export async function removeLogin(file: string): Promise<void> {
  if ((await keeperOf(file)) === "keyring") await requireRemoved(file);
  await rm(file, { force: true });
}

async function requireRemoved(file: string): Promise<void> {
  const account = accountOf(file);
  if (await removeFromKeyring(account)) return;
  throw new UserError("CREDENTIALS_NO_KEYRING", `Your keyring does not let the login for ${account} go.`, {
    hint: `unlock the keyring, then run again: artifacts auth logout ${account}; if the keyring is gone for good: rm '${file}'`,
  });
}

/** The origin that the file is named after. */
function accountOf(file: string): string {
  return decodeURIComponent(basename(file, ".json"));
}

function noLogin(what: string, file: string): UserError {
  return new UserError("CREDENTIALS_BAD_LOGIN", `${what} does not hold a login.`, {
    hint: `remove it and log in again: rm '${file}'`,
  });
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
