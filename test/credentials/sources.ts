/** Every source of a token as a user sets it up. The token belongs to one origin, and something of the user's says so. */
import { loginFile, writeLogin } from "../../src/credentials/login-store.js";
import { CANARY, type Home, installGlab } from "./home.js";

export interface Setup {
  readonly env?: Readonly<Record<string, string>>;
  readonly tokenFile?: string;
  /** What messages call it. */
  readonly source: string | RegExp;
}

/** @param here where the token belongs */
export const SOURCES: Readonly<Record<string, (home: Home, here: URL) => Setup | Promise<Setup>>> = {
  "--token-file": (home, here) => ({
    tokenFile: home.write("token", CANARY),
    env: { GITLAB_HOST: here.origin },
    source: /^--token-file /,
  }),
  GITLAB_TOKEN: (_, here) => ({
    env: { GITLAB_TOKEN: CANARY, GITLAB_HOST: here.origin },
    source: "GITLAB_TOKEN",
  }),
  GITLAB_ACCESS_TOKEN: (_, here) => ({
    env: { GITLAB_ACCESS_TOKEN: CANARY, GL_HOST: here.origin },
    source: "GITLAB_ACCESS_TOKEN",
  }),
  CI_JOB_TOKEN: (_, here) => ({
    env: { GITLAB_CI: "true", CI_JOB_TOKEN: CANARY, CI_SERVER_URL: here.origin },
    source: "CI_JOB_TOKEN",
  }),
  systemd: (home, here) => {
    // The mode that systemd gives it for a unit with a user.
    home.write("credentials/gitlab-token", `${CANARY}\n`, 0o440);
    return {
      env: { CREDENTIALS_DIRECTORY: `${home.path}/credentials`, GITLAB_URI: here.origin },
      source: "the systemd credential gitlab-token",
    };
  },
  "a trusted instance": (home, here) => {
    home.settings({ [here.origin]: { trusted: true } });
    return { env: { GITLAB_TOKEN: CANARY }, source: "GITLAB_TOKEN" };
  },
  "a token file of the settings": (home, here) => {
    const tokenFile = home.write("token", CANARY);
    home.settings({ [here.origin]: { tokenFile } });
    return { source: tokenFile };
  },
  "a credential helper": (home, here) => {
    const helper = home.program("helper", `echo '{"headers":{"PRIVATE-TOKEN":["${CANARY}"]}}'`);
    home.settings({ [here.origin]: { helper: [helper] } });
    return { source: "the credential helper helper" };
  },
  "a login": async ({ env }, { origin }) => {
    const file = loginFile(env, origin) ?? "";
    await writeLogin(file, { kind: "token", instance: origin, token: CANARY }, "file");
    return { source: "artifacts auth login" };
  },
  glab: (home, { host }) => {
    installGlab(home);
    home.write(".config/glab-cli/config.yml", `hosts:\n    ${host}:\n        token: ${CANARY}\n`);
    return { source: `glab (host ${host})` };
  },
  netrc: (home, { host }) => ({
    env: { NETRC: home.write("netrc", `machine ${host} login me password ${CANARY}\n`) },
    source: /\/netrc$/,
  }),
  git: (home, { host, protocol }) => {
    home.write(".gitconfig", `[credential]\n  helper = store\n`);
    home.write(".git-credentials", `${protocol}//me:${CANARY}@${host.replace(":", "%3a")}\n`);
    return { source: "git's credential helper" };
  },
};
