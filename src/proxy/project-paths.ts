import type { Credential } from "../credentials/credentials.js";
import { artifactUrl } from "../gitlab/artifact-url.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import { type ProjectAddress, getProject } from "../gitlab/projects.js";
import type { LockedEntry } from "../lock/entry.js";
import type { Found } from "./locked-index.js";

/**
 * Where the projects are from which what is locked comes. The lock knows where they were when it was written, if whoever wrote it was
 * honest; the address of the bytes has the id, which stays.
 */
export interface ProjectPaths {
  /**
   * `entries` under the paths that their projects have now. An entry keeps the path of the lock as long as GitLab has told none, to
   * anybody.
   *
   * @param credential with which GitLab is asked; undefined: the proxy's own
   */
  current(entries: Found["entries"], credential?: Credential): Promise<Found["entries"]>;
}

/** So long a project that was moved is judged by where it was. */
const PATH_COUNTS_MS = 300_000;
/** So long nobody asks again when GitLab did not tell. */
const ASK_AGAIN_MS = 30_000;
/** What is in the cache is served while GitLab is down: it is not waited for. */
const PATIENCE_MS = 5_000;

interface Known {
  readonly path: string | undefined;
  readonly until: number;
}

/** @param now milliseconds of a clock that never goes back */
export function createProjectPaths(
  gitlab: GitLab,
  now: () => number = () => performance.now(),
): ProjectPaths {
  const known = new Map<string, Known>();
  /** Questions on their way, of which each caller has their own. */
  const asking = new Map<string, Promise<string | undefined>>();

  return {
    async current([first, ...others], credential) {
      return [
        await located(first, credential),
        ...(await Promise.all(others.map((one) => located(one, credential)))),
      ];
    },
  };

  async function located(entry: LockedEntry, credential: Credential | undefined): Promise<LockedEntry> {
    const address = projectOf(entry);
    const key = JSON.stringify(address);
    const before = known.get(key);
    const path =
      before !== undefined && now() < before.until ? before.path : await once(key, { address, credential });
    return path === undefined ? entry : { ...entry, variant: { ...entry.variant, project: path } };
  }

  function once(key: string, question: Question): Promise<string | undefined> {
    const caller = key + JSON.stringify(question.credential?.headers);
    const running = asking.get(caller);
    if (running !== undefined) return running;
    const own = ask(key, question).finally(() => asking.delete(caller));
    asking.set(caller, own);
    return own;
  }

  async function ask(key: string, { address, credential }: Question): Promise<string | undefined> {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const { path_with_namespace: path } = await getProject(gitlab, address, { signal, credential });
      known.set(key, { path, until: now() + PATH_COUNTS_MS });
      return path;
    } catch (error) {
      const path = known.get(key)?.path;
      // What one caller may not know says nothing about the next one.
      if (credential === undefined || !isRefusal(error))
        known.set(key, { path, until: now() + ASK_AGAIN_MS });
      return path;
    }
  }
}

interface Question {
  readonly address: ProjectAddress;
  readonly credential: Credential | undefined;
}

/** The instance and id that the address of the bytes has. */
function projectOf({ variant }: LockedEntry): ProjectAddress {
  const { url, projectId, job, file } = variant;
  const path = artifactUrl({ instance: "", projectId, job }, file ?? undefined);
  return { instance: url.slice(0, -path.length), project: projectId };
}

function isRefusal(error: unknown): boolean {
  return error instanceof GitLabError && !error.transient;
}
