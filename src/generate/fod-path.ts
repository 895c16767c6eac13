import type { LockedVariant } from "../lock/schema.js";
import { sriToHex } from "../store/sri.js";

/**
 * The path of a locked artifact on the proxy, as `proxy` derivations carry it:
 *
 *     /fod/<host[:port][/prefix] of the GitLab instance>/<project id>/<job id>/<sha256 in hex>/<store name>
 *
 * Host and name are percent-encoded, so that each is one segment. The scheme is left out: the lock knows it. Whoever asks must
 * already know the hash, so the path is also the proof that the caller has read the lock.
 *
 * @param gitlab base URL of the instance, as in the lock
 */
export function fodPath(
  gitlab: string,
  { projectId, job, hash, name }: Pick<LockedVariant, "projectId" | "job" | "hash" | "name">,
): string {
  const host = encodeURIComponent(hostOf(gitlab));
  return `/fod/${host}/${projectId}/${job}/${sriToHex(hash)}/${encodeURIComponent(name)}`;
}

/** Host of the instance with its port and path prefix if it has them: `gitlab.example.com`, `[::1]:8080/gitlab`. */
function hostOf(gitlab: string): string {
  const url = new URL(gitlab);
  return url.host + url.pathname.replace(/\/+$/, "");
}
