import pLimit from "p-limit";

/** Downloads at a time from one host; more only make each slower. */
const DOWNLOADS_PER_HOST = 8;

/** Runs `task` when fewer downloads than are good for the host of `url` are under way; in the order in which they were given. */
export type HostLimit = <T>(url: string, task: () => Promise<T>) => Promise<T>;

export function limitPerHost(most = DOWNLOADS_PER_HOST): HostLimit {
  const limits = new Map<string, ReturnType<typeof pLimit>>();
  return (url, task) => {
    const { host } = new URL(url);
    const limit = limits.get(host) ?? pLimit(most);
    limits.set(host, limit);
    return limit(task);
  };
}
