/** `artifacts auth status`: for each instance, which token there is and what it can do. */
import { listLogins } from "../credentials/login-store.js";
import { readSettings } from "../credentials/settings.js";
import { UserError } from "../errors.js";
import { openProject } from "../project.js";
import type { CommandContext, Run } from "./command.js";
import { chosenInstance } from "./chosen-instance.js";
import { type TokenStatus, tokenStatus } from "./token-status.js";

export interface StatusOptions {
  readonly check?: boolean;
}

export const run: Run<StatusOptions> = async ([url], { check = false }, context) => {
  const instances = url === undefined ? await knownInstances(context) : [chosenInstance(url, context.env)];
  const statuses: TokenStatus[] = [];
  for (const instance of instances) statuses.push(await tokenStatus(instance, context));
  const unusable = statuses.filter(({ canReadArtifacts }) => !canReadArtifacts);
  return {
    data: { instances: statuses },
    text: statuses.length === 0 ? NOTHING : statuses.map(describe).join("\n"),
    errors: check ? failures(statuses, unusable) : [],
  };
};

const NOTHING = "no instance is known here; name one: artifacts auth status https://gitlab.example.com";

function failures(statuses: readonly TokenStatus[], unusable: readonly TokenStatus[]): UserError[] {
  if (statuses.length === 0) return [new UserError("NO_INSTANCE", NOTHING)];
  return unusable.map(
    ({ instance, problem = "there is no token", fix = newLogin(instance) }) =>
      new UserError("CREDENTIALS_UNUSABLE", `${instance}: ${problem}`, { hint: fix }),
  );
}

function newLogin(instance: string): string {
  return `artifacts auth login ${instance}`;
}

/** Those of the environment, of logins, of the user's settings, and of the repository. The last may be asked about only. */
async function knownInstances(context: CommandContext): Promise<string[]> {
  const { env } = context;
  const named = env["GITLAB_HOST"] ? [chosenInstance(undefined, env)] : [];
  const settings = Object.keys((await readSettings(env)).instances).map((url) => url.replace(/\/+$/, ""));
  const configured = await openProject(context.cwd).then(
    ({ config }) => (config.gitlab === undefined ? [] : [config.gitlab]),
    () => [],
  );
  return [...new Set([...named, ...(await listLogins(env)), ...settings, ...configured])];
}

function describe(status: TokenStatus): string {
  const { instance, source, kind, user, scopes, expiresInDays, abilities, problem, fix } = status;
  if (source === undefined)
    return `${instance}\n  ${problem ?? "there is no token"}; ${fix ?? `log in: ${newLogin(instance)}`}`;
  const facts = [
    `  ${kind ?? "token"} from ${source}${user === undefined ? "" : `, of ${user}`}`,
    `  scopes: ${scopes?.join(", ") ?? "GitLab does not tell"}`,
    ...(expiresInDays === undefined ? [] : [`  ends in ${expiresInDays} days`]),
    ...(abilities?.can ?? []).map((work) => `  can ${work}`),
    ...(abilities?.cannot ?? []).map((work) => `  cannot ${work}`),
    ...(problem === undefined ? [] : [`  ${problem}; log in again: ${newLogin(instance)}`]),
  ];
  return [instance, ...facts].join("\n");
}
