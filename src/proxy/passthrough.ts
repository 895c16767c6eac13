import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Credential } from "../credentials/credentials.js";
import { UserError } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { Admitted, Authority, Questions } from "./authority.js";
import { callerCredential } from "./caller-credential.js";
import type { LockedEntry } from "../lock/entry.js";
import { CALLER_ELSEWHERE, CALLER_UNKNOWN } from "./refusals.js";

export interface PassthroughOptions extends Questions {
  /** Where callers' tokens belong. The lock, which a merge request can change, may name other instances; none gets one. */
  readonly origin: URL;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** So long GitLab's "yes" counts; after that, a token that was revoked meanwhile opens nothing. */
const YES_COUNTS_MS = 60_000;
/** A "no" is soon asked again, but not as often as a client repeats itself. */
const NO_COUNTS_MS = 5_000;
const MOST_DECISIONS = 10_000;

/**
 * The caller's own token decides: it is sent to GitLab with a request for the very artifact, also when the bytes are in the cache.
 * The proxy has no credentials of its own here, and keeps none of anybody's.
 */
export function passthrough({
  upstream,
  paths,
  origin,
  now = () => performance.now(),
}: PassthroughOptions): Authority {
  const decisions = createDecisions(now);

  return {
    name: "passthrough",
    async identify(request) {
      // Else who brings none could find out what is locked. That this is a binary cache is no secret.
      if (request.url !== "/nix-cache-info") credentialOf(request);
      return { kind: "token" };
    },
    async locate(request, entries) {
      // Those of other instances are refused by `admit`, if the policy leaves nothing else.
      const [first, ...others] = entries.filter((entry) => isAt(origin, entry));
      return first === undefined ? entries : paths.current([first, ...others], credentialOf(request));
    },
    async admit(request, entries) {
      const credential = credentialOf(request);
      let refusal: unknown;
      for (const entry of entries) {
        try {
          await allow(entry, credential);
          return admitted(entry, credential);
        } catch (error) {
          refusal ??= error;
        }
      }
      throw refusal;
    },
  };

  async function allow(entry: LockedEntry, credential: Credential): Promise<void> {
    const { url } = entry.variant;
    if (!isAt(origin, entry)) throw elsewhere(entry, origin);
    await decisions.about([wordsOf(credential), url], () => mayDownload(entry, credential));
  }

  /** The one question whose answer is exactly the right that is needed is the download itself. */
  async function mayDownload(entry: LockedEntry, credential: Credential): Promise<void> {
    const controller = new AbortController();
    const download = await upstream.download([entry], { signal: controller.signal, credential });
    download.destroy();
    controller.abort();
  }

  function admitted(entry: LockedEntry, credential: Credential): Admitted {
    const start = (signal: AbortSignal) => upstream.download([entry], { signal, credential });
    return { entry, source: { asker: decisions.idOf(wordsOf(credential)), start } };
  }
}

function wordsOf({ headers }: Credential): string {
  return JSON.stringify(headers);
}

function credentialOf(request: IncomingMessage): Credential {
  const credential = callerCredential(request.headers.authorization);
  if (credential !== undefined) return credential;
  throw new UserError(CALLER_UNKNOWN, "this proxy wants your own GitLab token", {
    hint: "write it as the password for this proxy's host into Nix's netrc-file",
  });
}

function isAt({ origin }: URL, { variant }: LockedEntry): boolean {
  return new URL(variant.url).origin === origin;
}

function elsewhere({ artifact }: LockedEntry, origin: URL): UserError {
  return new UserError(
    CALLER_ELSEWHERE,
    `${artifact} is not on ${origin.origin}, and this proxy sends tokens there only`,
    { hint: "ask whoever runs the proxy for one with GITLAB_HOST set to that instance" },
  );
}

/** What GitLab said lately. A caller is known by a keyed hash of what was sent, and the key by this process alone. */
function createDecisions(now: () => number) {
  const key = randomBytes(32);
  const known = new Map<string, { readonly outcome: Promise<void>; until: number }>();

  function idOf(...words: readonly string[]): string {
    return createHmac("sha256", key).update(JSON.stringify(words)).digest("base64");
  }

  return {
    idOf,
    /** What `ask` ends with, or ended with lately for the same words. Who asks meanwhile waits for the same answer. */
    about(words: readonly string[], ask: () => Promise<void>): Promise<void> {
      const id = idOf(...words);
      const earlier = known.get(id);
      if (earlier !== undefined && now() < earlier.until) return earlier.outcome;
      const decision = { outcome: ask(), until: Infinity };
      known.delete(id);
      known.set(id, decision);
      const [oldest] = known.keys();
      if (known.size > MOST_DECISIONS && oldest !== undefined) known.delete(oldest);
      decision.outcome.then(
        () => (decision.until = now() + YES_COUNTS_MS),
        (error: unknown) => (decision.until = isRefusal(error) ? now() + NO_COUNTS_MS : 0),
      );
      return decision.outcome;
    },
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof GitLabError && !error.transient;
}
