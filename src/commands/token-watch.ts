/** Learns from GitLab when the tokens end that a command used, so that every command can warn two weeks ahead. */
import type { Credential, Credentials } from "../credentials/credentials.js";
import {
  type TokenEnd,
  fingerprintOf,
  isFresh,
  readTokenEnds,
  rememberTokenEnds,
} from "../credentials/token-ends.js";
import { createGitLab } from "../gitlab/client.js";
import { ownToken } from "../gitlab/token-facts.js";
import type { CommandContext } from "./command.js";
import { SYSTEM_CLOCK } from "./clock.js";

/** A command does not wait longer for what it does not need. */
const TIMEOUT_MS = 3_000;

export interface TokenWatch {
  /** The same credentials; what they give out is watched. */
  readonly credentials: Credentials;
  /** Asks GitLab about those that it took, where that is not known since today. Never fails. */
  learn(): Promise<void>;
}

export function watchTokens(
  credentials: Credentials,
  { env, patience, clock = SYSTEM_CLOCK }: Pick<CommandContext, "env" | "patience" | "clock">,
): TokenWatch {
  const used = new Map<string, Credential>();
  return {
    credentials: {
      async for(url) {
        const credential = await credentials.for(url);
        const instance = instanceOf(url);
        if (instance !== undefined && credential !== undefined && canEnd(credential))
          used.set(instance, credential);
        return credential;
      },
      async renewed(url, refused) {
        used.delete(instanceOf(url) ?? "");
        return credentials.renewed?.(url, refused);
      },
    },
    async learn() {
      const now = clock.now();
      const known = await readTokenEnds(env);
      const asked = [...used].filter(([, credential]) => !isFresh(known, credential, now));
      const learnt = await Promise.all(
        asked.map(([instance, credential]) => ask(instance, credential, { now, patience })),
      );
      await rememberTokenEnds(env, learnt.flat(), now);
    },
  };
}

/** The base URL before the API's path. */
function instanceOf({ href }: URL): string | undefined {
  return /^(.+?)\/api\/(?:v4|graphql)(?:\/|$)/.exec(href)?.[1];
}

/** Personal, project and group tokens. What has its end with it is renewed by its source. */
function canEnd({ headers, expiresAt }: Credential): boolean {
  return headers["private-token"] !== undefined && expiresAt === undefined;
}

async function ask(
  instance: string,
  credential: Credential,
  { now, patience }: Pick<CommandContext, "patience"> & { readonly now: number },
): Promise<TokenEnd[]> {
  const gitlab = createGitLab({
    credentials: { for: () => Promise.resolve(credential) },
    retry: { retries: 0 },
    timeouts: patience?.timeouts ?? { connect: TIMEOUT_MS, headers: TIMEOUT_MS, stall: TIMEOUT_MS },
  });
  try {
    const endsAt = (await ownToken(gitlab, instance))?.expiresAt?.toISOString();
    const { source } = credential;
    const fingerprint = fingerprintOf(credential);
    return [
      {
        instance,
        source,
        fingerprint,
        askedAt: new Date(now).toISOString(),
        ...(endsAt === undefined ? {} : { endsAt }),
      },
    ];
  } catch {
    return []; // another day
  } finally {
    await gitlab.close();
  }
}
