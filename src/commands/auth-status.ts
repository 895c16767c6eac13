/** `artifacts auth status`: for each instance, which token there is and what it can do. */
import { listLogins } from "../credentials/login-store.js";
import type { Credential } from "../credentials/credentials.js";
import { tokenInfo } from "../credentials/oauth.js";
import { readSettings } from "../credentials/settings.js";
import { UserError, userErrorsOf } from "../errors.js";
import { createGitLab } from "../gitlab/client.js";
import { tokenFacts } from "../gitlab/token-facts.js";
import { openProject } from "../project.js";
import type { CommandContext, Run } from "./command.js";
import { chosenInstance } from "./chosen-instance.js";
import { openCredentials } from "./open-credentials.js";

export interface StatusOptions {
  readonly check?: boolean;
}

/** What is known about the token for one instance. */
export interface TokenStatus {
  readonly instance: string;
  /** Undefined: there is none. */
  readonly source: string | undefined;
  readonly kind?: string;
  readonly user?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Days until it ends. */
  readonly expiresInDays?: number | undefined;
  readonly canReadArtifacts: boolean;
  /** Why not, or what will soon be so. */
  readonly problem?: string;
}

const DAY_MS = 86_400_000;
/** From so many days ahead the end of a token is warned about. */
const WARNING_DAYS = 14;

export const run: Run<StatusOptions> = async ([url], { check = false }, context) => {
  const instances = url === undefined ? await knownInstances(context) : [chosenInstance(url, context.env)];
  const statuses: TokenStatus[] = [];
  for (const instance of instances) statuses.push(await statusOf(instance, context));
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
    ({ instance, problem = "" }) =>
      new UserError("CREDENTIALS_UNUSABLE", `${instance}: ${problem}`, { hint: newLogin(instance) }),
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

async function statusOf(instance: string, context: CommandContext): Promise<TokenStatus> {
  const credentials = openCredentials(context);
  const gitlab = createGitLab({ credentials, retry: { retries: 1 } });
  try {
    const asking = new URL(`${instance}/api/v4/user`);
    const first = await credentials.for(asking);
    if (first === undefined)
      return { instance, source: undefined, canReadArtifacts: false, problem: "there is no token" };
    const facts = await tokenFacts(gitlab, instance, Object.keys(first.headers)[0] ?? "");
    // It may have been renewed meanwhile.
    const credential = (await credentials.for(asking)) ?? first;
    const bearer = credential.headers["authorization"];
    const oauth = bearer === undefined ? undefined : await tokenInfo(instance, bearer);
    return judge(instance, credential, { ...facts, scopes: facts.scopes ?? oauth?.scopes });
  } catch (error) {
    const [first] = userErrorsOf(error) ?? [];
    if (first === undefined) throw error;
    return { instance, source: undefined, canReadArtifacts: false, problem: first.message };
  } finally {
    await gitlab.close();
  }
}

type Facts = Awaited<ReturnType<typeof tokenFacts>>;

function judge(instance: string, { source }: Credential, facts: Facts): TokenStatus {
  const { kind, user, scopes, expiresAt } = facts;
  const expiresInDays =
    expiresAt === undefined ? undefined : Math.ceil((expiresAt.getTime() - Date.now()) / DAY_MS);
  const canReadArtifacts = scopes === undefined || scopes.includes("api") || scopes.includes("read_api");
  const problem = canReadArtifacts ? endsSoon(expiresInDays) : "the token lacks the scope read_api";
  return {
    instance,
    source,
    kind,
    user,
    scopes,
    expiresInDays,
    canReadArtifacts,
    ...(problem === undefined ? {} : { problem }),
  };
}

function endsSoon(days: number | undefined): string | undefined {
  if (days === undefined || days > WARNING_DAYS) return undefined;
  return `the token ends in ${days} ${days === 1 ? "day" : "days"}`;
}

function describe({ instance, source, kind, user, scopes, expiresInDays, problem }: TokenStatus): string {
  if (source === undefined)
    return `${instance}\n  ${problem ?? "there is no token"}; log in: ${newLogin(instance)}`;
  const facts = [
    `  ${kind ?? "token"} from ${source}${user === undefined ? "" : `, of ${user}`}`,
    `  scopes: ${scopes?.join(", ") ?? "GitLab does not tell"}`,
    ...(expiresInDays === undefined ? [] : [`  ends in ${expiresInDays} days`]),
    ...(problem === undefined ? [] : [`  ${problem}; log in again: ${newLogin(instance)}`]),
  ];
  return [instance, ...facts].join("\n");
}
