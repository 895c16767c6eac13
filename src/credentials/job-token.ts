/** Where GitLab takes a job's own token. Source: GitLab documentation, "CI/CD job token" and the routes' own settings. */

/** Route below the project, and the first release whose job tokens open it. */
const OPEN: readonly (readonly [route: RegExp, since: number])[] = [
  [/^\/job$/, 0],
  [/^\/projects\/[^/]+\/jobs\/(?:\d+\/)?artifacts(?:\/|$)/, 0],
  [/^\/projects\/[^/]+\/jobs$/, 18],
  [/^\/projects\/[^/]+\/pipelines\/\d+\/jobs$/, 18],
  [/^\/projects\/[^/]+\/pipelines(?:\/\d+(?:\/(?:bridges|trigger_jobs))?)?$/, 19],
];

/**
 * Whether the route of `url` reads job tokens at all; elsewhere GitLab treats the request as a stranger's.
 *
 * @param version of the instance, as `CI_SERVER_VERSION` says it; undefined counts as the newest
 */
export function takesJobTokens(url: URL, version: string | undefined): boolean {
  const [, route = ""] = /\/api\/v4(\/.*)$/.exec(url.pathname) ?? [];
  const major = Number(version?.split(".")[0] ?? Infinity);
  return OPEN.some(([pattern, since]) => pattern.test(route) && major >= since);
}
