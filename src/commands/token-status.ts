/** The token for an instance, as the instance sees it; `auth status` and `doctor` show it. */
import type { Credential } from "../credentials/credentials.js";
import { tokenInfo } from "../credentials/oauth.js";
import { userErrorsOf } from "../errors.js";
import { createGitLab } from "../gitlab/client.js";
import { WARNING_DAYS, daysUntil } from "../credentials/token-ends.js";
import { type TokenFacts, instanceVersion, tokenFacts } from "../gitlab/token-facts.js";
import type { CommandContext } from "./command.js";
import { type Abilities, abilitiesOf } from "./abilities.js";
import { openCredentials } from "./open-credentials.js";

/** What is known about the token for one instance. */
export interface TokenStatus {
  readonly instance: string;
  /** Undefined: there is none. */
  readonly source: string | undefined;
  readonly kind?: string;
  readonly user?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Of the instance; undefined when it does not tell. */
  readonly version?: string | undefined;
  /** Days until it ends. */
  readonly expiresInDays?: number | undefined;
  readonly canReadArtifacts: boolean;
  /** What works with it here, and what does not; undefined when GitLab does not tell. */
  readonly abilities?: Abilities | undefined;
  /** Why not, or what will soon be so. */
  readonly problem?: string;
  /** What mends it, where another token would not. */
  readonly fix?: string;
}

/** Of these another token is the cure. */
const TOKEN_PROBLEMS: ReadonlySet<string> = new Set([
  "GITLAB_UNAUTHORIZED",
  "GITLAB_TOKEN_EXPIRED",
  "GITLAB_TOKEN_REVOKED",
  "GITLAB_INSUFFICIENT_SCOPE",
  "GITLAB_FORBIDDEN",
]);

/** Asks the instance. Never throws what a user can mend: that is the `problem`. */
export async function tokenStatus(instance: string, context: CommandContext): Promise<TokenStatus> {
  const credentials = openCredentials(context);
  const { patience, signal } = context;
  const gitlab = createGitLab({ retry: { retries: 1 }, ...patience, credentials, signal });
  try {
    const asking = new URL(`${instance}/api/v4/user`);
    const first = await credentials.for(asking);
    if (first === undefined) return { instance, source: undefined, canReadArtifacts: false };
    const facts = await tokenFacts(gitlab, instance, Object.keys(first.headers)[0] ?? "");
    // It may have been renewed meanwhile.
    const credential = (await credentials.for(asking)) ?? first;
    const bearer = credential.headers["authorization"];
    const oauth = bearer === undefined ? undefined : await tokenInfo({ instance, patience }, bearer);
    const status = judge(instance, credential, { ...facts, scopes: facts.scopes ?? oauth?.scopes });
    return { ...status, version: await instanceVersion(gitlab, instance) };
  } catch (error) {
    const [first] = userErrorsOf(error) ?? [];
    if (first === undefined) throw error;
    const { code, hint, message: problem } = first;
    const fix = code.startsWith("GITLAB_") && !TOKEN_PROBLEMS.has(code) ? hint : undefined;
    const status = { instance, source: undefined, canReadArtifacts: false, problem };
    return fix === undefined ? status : { ...status, fix };
  } finally {
    await gitlab.close();
  }
}

function judge(instance: string, { source, headers }: Credential, facts: TokenFacts): TokenStatus {
  const { kind, user, scopes, expiresAt } = facts;
  const expiresInDays = expiresAt === undefined ? undefined : daysUntil(expiresAt, Date.now());
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
    abilities: abilitiesOf(headers, scopes),
    ...(problem === undefined ? {} : { problem }),
  };
}

function endsSoon(days: number | undefined): string | undefined {
  if (days === undefined || days > WARNING_DAYS) return undefined;
  return `the token ends in ${days} ${days === 1 ? "day" : "days"}`;
}
