import { UserError } from "../errors.js";
import type { Query } from "./gitlab.js";

/**
 * `<instance>/api/v4/<path>?<query>` with every segment percent-encoded, as GitLab wants project paths (`g%2Fapp`).
 *
 * @throws UserError when a segment is empty, `.` or `..`, which a URL parser would take for another route, or has no encoding
 */
export function apiUrl(instance: string, path: readonly (string | number)[], query: Query = {}): URL {
  const url = new URL(`${instance}/api/v4/${path.map(encodeSegment).join("/")}`);
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (typeof value !== "object") url.searchParams.append(key, String(value));
    // Rails' spelling of a list.
    else for (const item of value) url.searchParams.append(`${key}[]`, item);
  }
  return url;
}

/** One segment, in which `/` is data. */
export function encodeSegment(segment: string | number): string {
  const text = String(segment);
  if (text === "" || text === "." || text === ".." || /\p{Cs}/u.test(text)) {
    throw new UserError("GITLAB_BAD_PATH", `${JSON.stringify(text)} cannot be part of a GitLab API path.`, {
      hint: "projects, refs and files must be spelt as in GitLab: look for an empty name, a single dot or a broken character",
    });
  }
  return encodeURIComponent(text);
}
