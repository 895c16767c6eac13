/** What a place that can hold credentials has to answer. One file a kind of place; `find-credentials.ts` puts them in order. */
import type { UserError } from "../errors.js";
import type { Credential } from "./credentials.js";

export interface Source {
  /**
   * The credential that this source has for `url`; undefined when it has none. An obstacle is a token that may not be sent
   * there: it is reported when no other source has a credential.
   *
   * @param refused an answer of this source that GitLab did not take; the source looks anew instead of repeating it
   * @throws UserError when the source is there but does not work
   */
  find(url: URL, refused?: Credential): Promise<Found>;
}

export type Found = { readonly credential: Credential } | { readonly obstacle: UserError } | undefined;

/** The environment of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable, trimmed; undefined when it is not set or empty. */
export function setting(env: Environment, variable: string): string | undefined {
  const value = env[variable]?.trim();
  return value === "" ? undefined : value;
}

/** Whether two credentials send the same. */
export function sameHeaders(a: Credential, b: Credential): boolean {
  return JSON.stringify(a.headers) === JSON.stringify(b.headers);
}
