import { GitLabError } from "../gitlab/gitlab-error.js";

/** Remembers which hosts are down, so that not everybody has to find out anew. */
export interface Circuits {
  /**
   * Does `work`, which asks `origin`.
   *
   * @throws GitLabError at once when the origin has failed several times in a row and has not been left alone for long enough since
   */
  guard<T>(origin: string, work: () => Promise<T>): Promise<T>;
  /** How many hosts are left alone now. */
  open(): number;
}

/** Failures in a row; each has been tried several times already. */
const OPEN_AFTER = 3;
const STAY_OPEN_MS = 15_000;

interface Circuit {
  failures: number;
  /** Nobody asks before; in milliseconds of `performance.now`. */
  openUntil: number;
}

/** @param now milliseconds of a clock that never goes back */
export function createCircuits(now: () => number = () => performance.now()): Circuits {
  const circuits = new Map<string, Circuit>();

  return {
    open: () => [...circuits.values()].filter(({ openUntil }) => now() < openUntil).length,
    async guard(origin, work) {
      const circuit = circuits.get(origin) ?? { failures: 0, openUntil: 0 };
      circuits.set(origin, circuit);
      if (now() < circuit.openUntil) throw leftAlone(origin, circuit.openUntil - now());
      // Who asks first after the pause asks for all: until that is answered, it stays as it is.
      if (circuit.failures >= OPEN_AFTER) circuit.openUntil = now() + STAY_OPEN_MS;
      try {
        const result = await work();
        circuits.delete(origin);
        return result;
      } catch (error) {
        if (!meansDown(error)) circuits.delete(origin);
        else if (++circuit.failures >= OPEN_AFTER) circuit.openUntil = now() + STAY_OPEN_MS;
        throw error;
      }
    },
  };
}

/** "Too many requests" is said to one caller, and an error of its own may be of one artifact: who says either is there for the others. */
function meansDown(error: unknown): boolean {
  return error instanceof GitLabError && error.transient && error.status !== 429 && error.status !== 500;
}

function leftAlone(origin: string, ms: number): GitLabError {
  const seconds = Math.ceil(ms / 1000);
  return new GitLabError(
    "GITLAB_UNAVAILABLE",
    `${origin} has failed several times in a row; it is asked again in ${seconds} s.`,
    { status: 503, transient: true, hint: "what is in the proxy's cache is served all the time" },
  );
}
