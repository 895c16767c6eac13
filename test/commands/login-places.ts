/** The commands by which a login begins and ends. */
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { readFiles } from "../cli/repository.js";
import { type Home, makeHome } from "../credentials/home.js";
import { asOfLogin } from "../faults/as-of-login.js";
import type { Place } from "./place.js";
import { type Outcome, outcomeOf, TOKEN, type World } from "./world.js";

const CLIENT = { clientId: "application", scope: "read_api" };
const OAUTH = { method: "POST", locked: false, as: asOfLogin } as const;

export const LOGINS: readonly Place[] = [
  {
    name: "auth login, asking for a code",
    path: "/oauth/authorize_device",
    meets: ["request", "json"],
    ...OAUTH,
    run: loginOnDevice,
  },
  {
    name: "auth login, waiting for the browser",
    path: "/oauth/token",
    meets: ["request", "json"],
    ...OAUTH,
    pauses: true,
    once: true,
    run: loginOnDevice,
  },
  {
    name: "auth logout",
    path: "/oauth/revoke",
    meets: ["request"],
    ...OAUTH,
    run: logout,
    ownCode: "OAUTH_NOT_REVOKED",
  },
];

/** A person confirms the code as soon as it is shown. */
async function loginOnDevice(world: World): Promise<Outcome> {
  const { gitlab, context } = world;
  gitlab.knobs.deviceIntervalSeconds = 0;
  gitlab.oauth.applications.add(CLIENT.clientId);
  const log = (line: string) => {
    context.terminal.log(line);
    gitlab.oauth.decide("approved");
  };
  const confirming = { ...world, context: { ...context, terminal: { ...context.terminal, log } } };
  const options = { clientId: CLIENT.clientId, keepIn: "file" };
  return login(confirming, options, (text) => text.includes("accessToken"));
}

/** Nothing of a token is shown, and nothing kept that GitLab did not confirm. */
export function loginWithToken(world: World): Promise<Outcome> {
  const context = { ...world.context, readInput: () => Promise.resolve(TOKEN) };
  const options = { withToken: true, keepIn: "file" };
  return login({ ...world, context }, options, (text) => text.includes(TOKEN));
}

/** On a machine where nobody has logged in. */
async function login(world: World, options: object, isLogin: (text: string) => boolean): Promise<Outcome> {
  const home = makeHome();
  const names = [world.gitlab.url];
  const outcome = await outcomeOf(world, "auth-login", { names, options, env: { HOME: home.path } });
  const kept = Object.values(readFiles(home.path)).some(isLogin);
  if (kept !== (outcome.errors.length === 0)) throw new Error("what is kept and the result disagree");
  return outcome;
}

/** Whatever the instance says, nothing is left here. */
async function logout(world: World): Promise<Outcome> {
  const home = makeHome();
  const file = keepLogin(home, world);
  const names = [world.gitlab.url];
  const outcome = await outcomeOf(world, "auth-logout", { names, env: { HOME: home.path } });
  if (existsSync(file)) throw new Error("the login is still there");
  return outcome;
}

function keepLogin(home: Home, { gitlab }: World): string {
  const tokens = { accessToken: TOKEN, refreshToken: TOKEN };
  const login = {
    kind: "oauth",
    instance: gitlab.url,
    clientId: CLIENT.clientId,
    ...tokens,
    scopes: ["read_api"],
  };
  const folder = ".local/share/nix-artifacts/logins";
  const file = home.write(`${folder}/${encodeURIComponent(gitlab.url)}.json`, JSON.stringify(login));
  chmodSync(join(home.path, folder), 0o700);
  return file;
}
