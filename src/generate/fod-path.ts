/**
 * The path of a locked artifact on the proxy, as `proxy` derivations carry it:
 *
 *     /fod/<host[:port][/prefix] of the GitLab instance>/<project id>/<job id>/<sha256 in hex>/<store name>
 *
 * Host and name are percent-encoded, so that each is one segment. The scheme is left out: the lock knows it. Whoever asks must
 * already know the hash, so the path is also the proof that the caller has read the lock.
 */
import { hexToSri, sriToHex } from "../store/sri.js";

export interface FodCoordinates {
  /** Host of the instance with its port and path prefix if it has them: `gitlab.example.com`, `[::1]:8080/gitlab`. */
  readonly host: string;
  readonly projectId: number;
  readonly job: number;
  /** SRI sha256 as in the lock. */
  readonly hash: string;
  /** Store name. */
  readonly name: string;
}

const FOD_PATH = /^\/fod\/([^/]+)\/([1-9][0-9]{0,15})\/([1-9][0-9]{0,15})\/([0-9a-f]{64})\/([^/]+)$/;

/**
 * The path that names one locked variant.
 *
 * @param gitlab base URL of the instance, as in the lock
 */
export function fodPath(variant: Omit<FodCoordinates, "host"> & { gitlab: string }): string {
  return printFodPath(hostOf(variant.gitlab), variant);
}

/** What `pathname` names, or undefined when it is not exactly what `fodPath` prints. */
export function parseFodPath(pathname: string): FodCoordinates | undefined {
  const [, host, projectId, job, hex, name] = FOD_PATH.exec(pathname) ?? [];
  if (host === undefined || hex === undefined || name === undefined) return undefined;
  try {
    const coordinates = {
      host: decodeURIComponent(host),
      projectId: Number(projectId),
      job: Number(job),
      hash: hexToSri(hex),
      name: decodeURIComponent(name),
    };
    // One thing has one path: other spellings of the same segments are refused.
    return printFodPath(coordinates.host, coordinates) === pathname ? coordinates : undefined;
  } catch {
    return undefined; // a malformed percent-encoding
  }
}

function printFodPath(host: string, { projectId, job, hash, name }: Omit<FodCoordinates, "host">): string {
  return `/fod/${encodeURIComponent(host)}/${projectId}/${job}/${sriToHex(hash)}/${encodeURIComponent(name)}`;
}

function hostOf(gitlab: string): string {
  const url = new URL(gitlab);
  return url.host + url.pathname.replace(/\/+$/, "");
}
