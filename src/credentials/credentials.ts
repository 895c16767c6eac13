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
  /** When it ends, where the source says so. */
  readonly expiresAt?: Date;
}

export interface Credentials {
  /**
   * The credential for `url`, or undefined when there is none for its host.
   *
   * @throws UserError when there is a token but nothing outside the repository says that it belongs to this host, or when
   *   GitLab refused it a moment ago
   */
  for(url: URL): Promise<Credential | undefined>;
  /**
   * Another credential in place of `refused`, to which GitLab just answered 401; undefined when its source has no other.
   * Then `for` does not give it out again for a while, so that a dead token is not tried a thousand times.
   */
  renewed?(url: URL, refused: Credential): Promise<Credential | undefined>;
}

/** Sends nothing to anyone: for tests and for public instances. */
export const ANONYMOUS: Credentials = { for: () => Promise.resolve(undefined) };
