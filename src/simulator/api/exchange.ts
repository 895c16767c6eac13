/**
 * What a handler gets, and what it gives: one handler per route, which returns a reply or throws a `Refusal`.
 */
import type { HttpRequest } from "../http/request.js";
import type { Storage } from "../http/storage.js";
import type { Reply } from "../http/reply.js";
import type { Knobs } from "../knobs.js";
import type { IdTokens } from "../oauth/id-tokens.js";
import type { OAuth } from "../oauth/oauth.js";
import type { Pipeline, Token } from "../state/model.js";
import type { Status } from "../state/input.js";
import type { Clock, State } from "../state/state.js";

/** The simulated instance, as handlers see it. */
export interface Instance {
  readonly state: State;
  readonly knobs: Knobs;
  readonly now: Clock;
  readonly storage: Storage;
  readonly oauth: OAuth;
  readonly idTokens: IdTokens;
  /** Base URL, without a trailing slash. */
  readonly url: string;
}

/** One request to one route. */
export interface Exchange {
  readonly instance: Instance;
  readonly request: HttpRequest;
  /** What the variables of the route's path matched, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Undefined: anonymous. */
  readonly caller: Token | undefined;
}

export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

/** The status that readers see: it is computed in the background, some time after the last job has ended. */
export function visibleStatus({ knobs, now }: Instance, pipeline: Pipeline): Status {
  const age = now().getTime() - pipeline.updatedAt.getTime();
  return age < knobs.pipelineStatusLagMs ? "running" : pipeline.status;
}
