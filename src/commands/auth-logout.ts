/** `artifacts auth logout`: end the login at the instance, and forget it here. */
import { loginFile, readLogin, removeLogin } from "../credentials/login-store.js";
import { revoke } from "../credentials/oauth.js";
import { Secret } from "../credentials/secret.js";
import { UserError, userErrorsOf } from "../errors.js";
import { chosenInstance } from "./chosen-instance.js";
import type { Run } from "./command.js";

export const run: Run<object> = async ([url], _options, { env, patience }) => {
  const instance = chosenInstance(url, env);
  const file = loginFile(env, new URL(instance).origin);
  const login = file === undefined ? undefined : await readLogin(file);
  if (file === undefined || login === undefined) {
    return { data: { instance, revoked: false }, text: `there is no login for ${instance}` };
  }
  let errors: readonly UserError[] = [];
  if (login.kind === "oauth") {
    // The refresh token ends the whole session.
    const token = new Secret(login.refreshToken ?? login.accessToken);
    errors = await revoke({ ...login, patience }, token).then(() => [], stillAlive(instance));
  }
  await removeLogin(file);
  const revoked = login.kind === "oauth" && errors.length === 0;
  const kept =
    login.kind === "token"
      ? `; the token itself lives on: ${instance}/-/user_settings/personal_access_tokens`
      : "";
  return { data: { instance, revoked }, text: `logged out of ${instance}${kept}`, errors };
};

function stillAlive(instance: string): (error: unknown) => readonly UserError[] {
  return (error) => {
    const [cause] = userErrorsOf(error) ?? [];
    if (cause === undefined) throw error;
    const message = `The login was forgotten here, but ${instance} could not be told: ${cause.message}`;
    return [
      new UserError("OAUTH_NOT_REVOKED", message, {
        hint: `revoke it at ${instance}/-/user_settings/applications`,
      }),
    ];
  };
}
