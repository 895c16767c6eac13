import { type Asked, place, tokenSentence } from "./asked.js";
import { GitLabError } from "./gitlab-error.js";

/** Redirects that lead somewhere else; RFC 9110 §15.4. 304 and 300 do not. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * The request that a redirect asks for. Once another origin is reached the credential stays behind for good, even if a later
 * redirect leads back: whoever wrote that redirect would choose what the token is used for.
 *
 * @throws GitLabError for a redirect to the sign-in page, from https to http, or to something that is not an http URL
 */
export function followed(asked: Asked, location: string | undefined): Asked {
  const url =
    location !== undefined && URL.canParse(location, asked.url.href)
      ? new URL(location, asked.url)
      : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw badRedirect(asked, "to nowhere");
  }
  if (asked.url.protocol === "https:" && url.protocol === "http:") {
    throw badRedirect(asked, `from https to plain http at ${url.host}, which is not followed`);
  }
  if (url.pathname.endsWith("/users/sign_in")) throw signIn(asked);
  return { ...asked, url, home: asked.home && url.origin === asked.first.origin };
}

/** The error for a chain of redirects without an end. */
export function tooManyRedirects(asked: Asked, limit: number): GitLabError {
  return badRedirect(asked, `again and again; ${limit} redirects were followed`);
}

/** The error for GitLab's sign-in page in place of an answer. */
export function signIn(asked: Asked): GitLabError {
  return new GitLabError(
    "GITLAB_SIGN_IN",
    `${place(asked.url)} answered with the sign-in page. ${tokenSentence(asked)}`,
    {
      hint: "is this the address of the instance's API, and not of a web page or of a single sign-on in front of it?",
    },
  );
}

function badRedirect(asked: Asked, where: string): GitLabError {
  return new GitLabError(
    "GITLAB_BAD_REDIRECT",
    `${place(asked.url)} redirects ${where}. ${tokenSentence(asked)}`,
    {
      hint: "check the external URL and the object storage settings of the instance",
    },
  );
}
