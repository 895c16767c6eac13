/**
 * BESIDE the pipeline: answers "which headers for this URL", and nothing else. Every part that talks to GitLab asks it per
 * request; no part keeps what it answers. This file is the contract.
 */

/** Headers to send to one URL, and where they come from. */
export interface Credential {
  /** Header names in lower case. The values are secrets: pass them to the request and to nothing else. */
  readonly headers: Readonly<Record<string, string>>;
  /** For messages: "GITLAB_TOKEN", "--token-file /run/secrets/gitlab". Never the value. */
  readonly source: string;
}

export interface Credentials {
  /**
   * The credential for `url`, or undefined when there is none for its host.
   *
   * @throws UserError when there is a token but nothing outside the repository says that it belongs to this host
   */
  for(url: URL): Promise<Credential | undefined>;
}

/** Sends nothing to anyone: for tests and for public instances. */
export const ANONYMOUS: Credentials = { for: () => Promise.resolve(undefined) };
