/**
 * Which host a token belongs to. Origins are compared as a whole (scheme, host and port), as a browser does it: a token for
 * `https://gitlab.example.com` is none for its port 8443 and none for its plain-http twin.
 */
import { UserError } from "../errors.js";

/**
 * The origin that a host setting names: a bare host, `host:port` (both mean https, as glab reads `GITLAB_HOST`) or a URL,
 * whose path is ignored.
 *
 * @param setting its name, for the message: a variable's, or words such as "the argument"
 * @throws UserError when it is none of these
 */
export function originOfHost(value: string, setting: string): URL {
  return new URL(instanceOfHost(value, setting).origin);
}

/**
 * As `originOfHost`, with the path below which GitLab is (https://docs.gitlab.com/install/relative_url/).
 *
 * @throws UserError when it is none of these
 */
export function instanceOfHost(value: string, setting: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `https://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isHttp(url) || url.username !== "" || url.password !== "") {
    throw new UserError(
      "CREDENTIALS_BAD_HOST",
      `${setting} does not name a GitLab host: expected a host, host:port or an http(s) URL without user and password.`,
      {
        hint: /^\w+$/.test(setting)
          ? `export ${setting}=gitlab.example.com`
          : "for example https://gitlab.example.com",
      },
    );
  }
  return new URL(url.origin + url.pathname);
}

/** How `origin` is written into `GITLAB_HOST`: the bare host where https needs no saying. */
export function hostSetting(origin: URL): string {
  return origin.protocol === "https:" ? origin.host : origin.origin;
}

/** Whether `url` stays on this machine, so that plain http shows nothing to anyone. */
export function isLoopback(url: URL): boolean {
  return (
    url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname)
  );
}

function isHttp(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}
