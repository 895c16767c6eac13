/** `artifacts auth login`: a login of its own at an instance, by the device flow or with a token from stdin. */
import { authorizeDevice } from "../credentials/device-flow.js";
import { headersFor } from "../credentials/headers.js";
import { loginOf } from "../credentials/login.js";
import { type Keeper, type Login, loginFile, readLogin, writeLogin } from "../credentials/login-store.js";
import { isLoopback } from "../credentials/origin.js";
import { Secret } from "../credentials/secret.js";
import { readSettings, settingsFor } from "../credentials/settings.js";
import { UserError } from "../errors.js";
import { createGitLab } from "../gitlab/client.js";
import { User } from "../gitlab/token-facts.js";
import type { CommandContext, Run } from "./command.js";
import { chosenInstance } from "./chosen-instance.js";

export interface LoginOptions {
  readonly clientId?: string;
  readonly withToken?: boolean;
  /** `keyring` or `file`; the keyring where there is one by default. */
  readonly keepIn?: string;
}

const SCOPE = "read_api";

export const run: Run<LoginOptions> = async ([url], { clientId, withToken = false, keepIn }, context) => {
  const keeper = requireKeeper(keepIn);
  const instance = chosenInstance(url, context.env);
  const file = requireFile(context.env, instance);
  await requireSafe(instance, context);
  const login = withToken
    ? await tokenLogin(instance, context)
    : await deviceLogin(instance, await requireClient(instance, clientId, context), context);
  const { keeper: keptIn, leftInKeyring } = await writeLogin(file, login, keeper ?? "keyring");
  if (keptIn === "file" && keepIn === "keyring") {
    context.terminal.warn(`there is no keyring here that keeps it, so the login is in ${file}, mode 0600`);
  }
  if (leftInKeyring) {
    context.terminal.warn(
      "the login before is still in your keyring: unlock it, and remove nix-artifacts there",
    );
  }
  const place = keptIn === "keyring" ? "your keyring" : file;
  return { data: { instance, file, keptIn }, text: `logged in to ${instance} (${place})` };
};

function requireKeeper(given: string | undefined): Keeper | undefined {
  if (given === undefined || given === "keyring" || given === "file") return given;
  throw new UserError("LOGIN_KEEPER", `--keep-in is ${JSON.stringify(given)}, expected "keyring" or "file"`, {
    exitCode: 2,
  });
}

function requireFile(env: CommandContext["env"], instance: string): string {
  const file = loginFile(env, new URL(instance).origin);
  if (file !== undefined) return file;
  throw new UserError(
    "CREDENTIALS_NO_HOME",
    "there is no place to keep a login: HOME and XDG_DATA_HOME are not set",
    {
      hint: "export HOME",
    },
  );
}

/** A login may not be typed in where everybody on the way can read it. */
async function requireSafe(instance: string, { env }: CommandContext): Promise<void> {
  const url = new URL(instance);
  if (url.protocol === "https:" || isLoopback(url)) return;
  if (settingsFor(await readSettings(env), url)?.instance.plainHttp === true) return;
  throw new UserError(
    "CREDENTIALS_PLAIN_HTTP",
    `there is no logging in to ${url.origin}: over plain http everybody on the way can read the token`,
    {
      hint: `use https://${url.hostname}; where that cannot be, run: artifacts auth trust ${url.origin} --plain-http`,
    },
  );
}

/** Stores a token that GitLab knows. It is read from stdin, since an argument would stand in the process list. */
async function tokenLogin(instance: string, { readInput, patience, signal }: CommandContext): Promise<Login> {
  const token = new Secret((await readInput()).trim());
  const source = "stdin";
  const headers = headersFor(token, "user", source);
  const credentials = { for: () => Promise.resolve({ headers, source }) };
  const gitlab = createGitLab({ ...patience, credentials, signal });
  try {
    await gitlab.get(instance, ["user"], User);
  } finally {
    await gitlab.close();
  }
  return { kind: "token", instance, token: token.reveal() };
}

/** The application: of the option, the user's settings, or the login that there was. */
async function requireClient(
  instance: string,
  given: string | undefined,
  { env }: CommandContext,
): Promise<string> {
  const url = new URL(instance);
  const file = loginFile(env, url.origin);
  const previous = file === undefined ? undefined : await readLogin(file).catch(() => undefined);
  const known = given ?? settingsFor(await readSettings(env), url)?.instance.clientId;
  const clientId = known ?? (previous?.kind === "oauth" ? previous.clientId : undefined);
  if (clientId !== undefined) return clientId;
  throw new UserError("OAUTH_NO_CLIENT", `no application is known for ${instance}`, {
    exitCode: 2,
    hint: `make one at ${instance}/-/user_settings/applications (scope ${SCOPE}, not confidential, any redirect URI), then: artifacts auth login ${instance} --client-id ID; or store a personal token: artifacts auth login ${instance} --with-token`,
  });
}

async function deviceLogin(instance: string, clientId: string, context: CommandContext): Promise<Login> {
  const client = { instance, clientId, patience: context.patience };
  const device = await authorizeDevice(client, SCOPE);
  context.terminal.log(`open ${device.url} in any browser and confirm the code ${device.userCode}`);
  return loginOf(client, await device.session(context.signal));
}
