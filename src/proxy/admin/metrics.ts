import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { EXPIRY_WARNING_DAYS } from "../../config/load.js";
import { packageVersion } from "../../version.js";
import type { LogEntry } from "../log.js";
import { type Facts, counts } from "./report.js";

/**
 * Counters of what happens, in the text format of Prometheus. No label is an artifact, a project or a caller: their number has no
 * bound, and whoever reads metrics need not know them.
 */
export interface Metrics {
  /** Counts an entry of the log. */
  readonly log: (entry: LogEntry) => void;
  /** What is counted, and how things are now. */
  text(facts: Facts): Promise<string>;
}

const PREFIX = "artifacts_proxy_";
/** From a hit in memory to an artifact that GitLab takes long to begin with. */
const SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 10, 30, 60];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  const requests = new Counter({
    name: `${PREFIX}requests_total`,
    help: "Requests by how they ended",
    labelNames: ["event", "status", "from"] as const,
    registers,
  });
  const sent = new Counter({
    name: `${PREFIX}sent_bytes_total`,
    help: "Bytes of bodies that were sent, by where they came from",
    labelNames: ["from"] as const,
    registers,
  });
  const waited = new Histogram({
    name: `${PREFIX}first_byte_seconds`,
    help: "Time from a request to the head of its answer, by where the bytes came from",
    labelNames: ["from"] as const,
    buckets: SECONDS,
    registers,
  });
  const events = new Counter({
    name: `${PREFIX}events_total`,
    help: "What else happened: locks reloaded or kept, files damaged, evicted or not kept",
    labelNames: ["event"] as const,
    registers,
  });
  const denied = new Counter({
    name: `${PREFIX}denied_total`,
    help: "Requests that the policy denied, by its rule",
    labelNames: ["rule"] as const,
    registers,
  });
  const gauges = createGauges(registers);

  return {
    log(entry) {
      if (!REQUEST_EVENTS.has(entry.event)) return events.inc({ event: entry.event });
      const from = String(entry["from"] ?? "");
      requests.inc({ event: entry.event, status: String(entry["status"]), from });
      if (entry.event === "denied") denied.inc({ rule: String(entry["rule"]) });
      if (entry.event !== "served") return;
      sent.inc({ from }, Number(entry["sent"]));
      waited.observe({ from }, Number(entry["waited"]) / 1000);
    },
    async text(facts) {
      for (const [gauge, value] of Object.entries(valuesOf(facts))) gauges(gauge, value);
      return registry.metrics();
    },
  };
}

const REQUEST_EVENTS = new Set(["served", "refused", "denied", "failed", "aborted"]);

/** What is true now, by the names of gauges. */
const GAUGES = {
  locked_variants: "Variants that are locked",
  failing_variants: "Locked variants whose last request failed",
  expired_variants: "Locked variants whose bytes GitLab has removed by now",
  expiring_variants: `Locked variants whose bytes GitLab removes within ${EXPIRY_WARNING_DAYS} days`,
  lockfiles: "Lockfiles that are served",
  broken_lockfiles: "Lockfiles that are broken, whose last good version is served",
  cache_bytes: "Bytes in the cache on disk",
  cache_max_bytes: "Bytes that the cache may hold",
  running_requests: "Requests that are being answered",
  degraded: "1 when /-/ready says that something is wrong",
} as const;

function valuesOf(facts: Facts): Record<keyof typeof GAUGES, number> {
  const { variants, failing, expired, expiring } = counts(facts, Date.now());
  const states = facts.lockStates();
  const { bytes, maxBytes } = facts.cache.usage();
  return {
    locked_variants: variants,
    failing_variants: failing,
    expired_variants: expired,
    expiring_variants: expiring,
    lockfiles: states.length,
    broken_lockfiles: states.filter(({ problem }) => problem !== undefined).length,
    cache_bytes: bytes,
    cache_max_bytes: maxBytes,
    running_requests: facts.running(),
    degraded: facts.health().status === "degraded" ? 1 : 0,
  };
}

function createGauges(registers: Registry[]): (name: string, value: number) => void {
  const info = new Gauge({ name: `${PREFIX}info`, help: "The version", labelNames: ["version"], registers });
  info.set({ version: packageVersion() }, 1);
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, help]) => [
      name,
      new Gauge({ name: `${PREFIX}${name}`, help, registers }),
    ]),
  );
  return (name, value) => gauges.get(name)?.set(value);
}
