import { createMetrics } from "../../../src/proxy/admin/metrics.js";
import { type Watch, createWatch } from "../../../src/proxy/admin/watch.js";
import type { LockState } from "../../../src/proxy/locks.js";
import { type RunningProxy, runProxy } from "../running-proxy.js";

export interface RunningAdmin extends RunningProxy {
  /** Base URL of the operator's listener. */
  readonly admin: string;
  readonly watch: Watch;
  /** What the lock's file is said to be. */
  state: Partial<LockState>;
}

/** A proxy with an operator's listener. */
export async function runAdmin(): Promise<RunningAdmin> {
  const lockStates = () => {
    const loadedAt = Date.now();
    return [
      {
        file: "/srv/artifacts.lock.json",
        lock: running.lock(),
        loadedAt,
        problem: undefined,
        ...running.state,
      },
    ];
  };
  const watch = createWatch();
  const running: RunningAdmin = Object.assign(
    await runProxy({
      admin: {
        listeners: [{ host: "127.0.0.1", port: 0 }],
        watch,
        metrics: createMetrics(),
        lockStates,
      },
    }),
    { admin: "", watch, state: {} },
  );
  return Object.assign(running, { admin: running.proxy.urls.at(-1) ?? "" });
}
