import pLimit from "p-limit";

/** Requests at a time to one host that are not small; more only make each slower. */
const TASKS_PER_HOST = 8;

/** Runs `task` when fewer tasks than are good for the host of `url` are under way; in the order in which they were given. */
export type HostLimit = <T>(url: string, task: () => Promise<T>) => Promise<T>;

export function limitPerHost(most = TASKS_PER_HOST): HostLimit {
  const limits = new Map<string, ReturnType<typeof pLimit>>();
  return (url, task) => {
    const { host } = new URL(url);
    const limit = limits.get(host) ?? pLimit(most);
    limits.set(host, limit);
    return limit(task);
  };
}
