import type { IncomingMessage } from "node:http";
import { type JWTPayload, createRemoteJWKSet, errors, jwtVerify } from "jose";
import { z } from "zod";
import { UserError } from "../errors.js";
import { excerpt } from "../redact.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import { type Authority, type Questions, inject } from "./authority.js";
import { callerToken } from "./caller-credential.js";
import type { CiJob } from "./policy.js";
import { ID_TOKEN_REFUSED } from "./refusals.js";

export interface IdTokenOptions extends Questions {
  /** The instance that signs the tokens; their `iss`, also when it is below a path. */
  readonly issuer: URL;
  /** A token must be meant for one of these. */
  readonly audiences: readonly string[];
}

/** What GitLab signs with. A list: the header of a token never chooses. */
const ALGORITHMS = ["RS256"];
/** GitLab's clock and ours. */
const CLOCK_SECONDS = 10;
/** A key that GitLab has withdrawn is good for so long; one that it has added is fetched when a token names it. */
const KEYS_COUNT_MS = 3_600_000;

/**
 * CI jobs show who they are by GitLab's signature (GitLab documentation, "ID token authentication"), and the proxy asks GitLab with
 * its own credentials: a job needs no right on the projects of what it gets, and its token opens nothing else.
 */
export function idToken({ issuer, audiences, ...questions }: IdTokenOptions): Authority {
  const instance = issuer.href.replace(/\/+$/, "");
  const keys = createRemoteJWKSet(new URL(`${instance}/oauth/discovery/keys`), {
    cacheMaxAge: KEYS_COUNT_MS,
  });

  return {
    ...inject(questions),
    name: "id-token",
    async identify(request: IncomingMessage): Promise<CiJob> {
      const token = callerToken(request.headers.authorization);
      if (token === undefined) throw refused("this proxy wants the ID token of a CI job");
      return jobOf(await verified(token));
    },
  };

  async function verified(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: instance,
        audience: [...audiences],
        algorithms: ALGORITHMS,
        requiredClaims: ["exp", "nbf"],
        clockTolerance: CLOCK_SECONDS,
      });
      return payload;
    } catch (error) {
      throw explain(error);
    }
  }

  /** Says which claim is wrong, and nothing that the token says. */
  function explain(error: unknown): UserError {
    if (error instanceof errors.JWTExpired) return refused("the ID token has expired");
    if (error instanceof errors.JWTClaimValidationFailed) {
      if (error.reason === "missing") return refused(`the ID token lacks its ${error.claim}`);
      if (error.claim === "nbf") return refused("the ID token is not good yet (nbf)", CLOCKS);
      return refused(`the ID token is not for this proxy: its ${error.claim} is another`);
    }
    if (isOfToken(error)) return refused(`the ID token is not signed by ${instance}`);
    return new GitLabError(
      "GITLAB_UNREACHABLE",
      `the keys of ${instance} are not to be had: ${reasonOf(error)}`,
      {
        cause: error,
        transient: true,
        status: 503,
      },
    );
  }
}

/** `fetch` says nothing; the reason is in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  const reason = cause instanceof Error ? cause : error;
  return reason instanceof Error ? excerpt(reason.message) : "no answer";
}

/** Everything else is about fetching the keys. */
function isOfToken(error: unknown): boolean {
  return [
    errors.JWSInvalid,
    errors.JWTInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

/** GitLab writes ids and booleans as texts. `sub` is left out: a project can change what is in it. */
const Claims = z.object({
  aud: z.union([z.string(), z.array(z.string())]),
  project_path: z.string().min(1),
  ref: z.string().min(1),
  ref_protected: z.enum(["true", "false"]),
  job_id: z.string().regex(/^\d+$/),
});

function jobOf(payload: JWTPayload): CiJob {
  const parsed = Claims.safeParse(payload);
  if (!parsed.success) throw refused("the ID token is not of a CI job");
  const { aud, project_path: project, ref, ref_protected: isProtected, job_id: id } = parsed.data;
  return { kind: "job", project, ref, isProtected: isProtected === "true", id, audiences: [aud].flat() };
}

const DECLARE =
  "declare it under id_tokens in .gitlab-ci.yml, and write it as the password for this proxy's host into Nix's netrc-file";
const CLOCKS = "compare the clocks of GitLab and of the proxy's machine";

function refused(message: string, hint = DECLARE): UserError {
  return new UserError(ID_TOKEN_REFUSED, message, { hint });
}
