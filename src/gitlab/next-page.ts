/**
 * The URL of the page after `current`, or undefined on the last one.
 *
 * Of `Link: <…>; rel="next"` (RFC 8288) only the query is used: GitLab writes the link with its configured external address,
 * which behind a proxy differs from ours, and a link must never lead a token elsewhere. Lists without that link may still
 * count in `x-next-page` (GitLab documentation, "REST API: Pagination").
 */
export function nextPage(current: URL, header: (name: string) => string | undefined): URL | undefined {
  const query =
    queryOfLink(current, header("link") ?? "") ?? queryOfNumber(current, header("x-next-page") ?? "");
  if (query === undefined) return undefined;
  const next = new URL(current);
  next.search = query;
  return next.href === current.href ? undefined : next;
}

function queryOfLink(current: URL, link: string): string | undefined {
  for (const [, target, parameters] of link.matchAll(/<([^<>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (target === undefined || !/;\s*rel="?next"?\s*(;|$)/i.test(parameters ?? "")) continue;
    if (URL.canParse(target, current.href)) return new URL(target, current).search;
  }
  return undefined;
}

function queryOfNumber(current: URL, page: string): string | undefined {
  if (!/^\d+$/.test(page.trim())) return undefined;
  const query = new URLSearchParams(current.search);
  query.set("page", page.trim());
  return query.toString();
}
