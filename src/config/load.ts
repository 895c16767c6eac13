/** Finds `artifacts.config.ts` and fills in what it leaves out. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../errors.js";
import { type Bump, DEFAULT_BUMP } from "./bump.js";
import type { Config } from "./config.js";
import type { WrittenConfig } from "./schema.js";

export const CONFIG_FILE = "artifacts.config.ts";
/** Where the lock is when the configuration does not say it. */
export const DEFAULT_LOCK = "artifacts.lock.json";
/** Where the configuration says nothing else. */
export const EXPIRY_WARNING_DAYS = 14;

const DEFAULTS = {
  gitlab: undefined,
  manifests: "manifests",
  lock: DEFAULT_LOCK,
  output: "nix/artifacts",
  namespace: "artifacts",
  fetch: "proxy",
  proxy: "http://127.0.0.1:7467",
  proxyPolicy: undefined,
  expiryWarningDays: EXPIRY_WARNING_DAYS,
  maxUnpackedBytes: undefined,
  runnerStatements: false,
  bump: DEFAULT_BUMP,
} as const satisfies Omit<Config, "root" | "file" | "sources">;

/**
 * The configuration that applies in `directory`: of the nearest `artifacts.config.ts` in it or above, whose folder then is the
 * root; without one, the defaults with `directory` as the root.
 *
 * @throws UserError or UserErrors with everything that is wrong in the file, each with its place
 */
export function loadConfig(directory: string): Promise<Config> {
  const start = resolve(directory);
  const file = findConfig(start);
  return loadConfigIn(file === undefined ? start : dirname(file));
}

/** The same of `root` itself, whatever is above it. */
export async function loadConfigIn(root: string): Promise<Config> {
  const file = join(root, CONFIG_FILE);
  if (!existsSync(file)) return { ...DEFAULTS, root, file: undefined, sources: new Map() };
  const { written, sources } = await readConfig(root, file);
  return { ...withDefaults(written), root, file, sources };
}

/** Path of the nearest `artifacts.config.ts` in `directory`, an absolute path, or above it. */
export function findConfig(directory: string): string | undefined {
  const file = join(directory, CONFIG_FILE);
  if (existsSync(file)) return file;
  const parent = dirname(directory);
  return parent === directory ? undefined : findConfig(parent);
}

/** The evaluator takes half a second to load, so it is only loaded when there is something to evaluate. */
async function readConfig(root: string, file: string) {
  const [{ createEvaluator }, { validate }, { WrittenConfig }] = await Promise.all([
    import("../evaluate/evaluate.js"),
    import("../evaluate/validate.js"),
    import("./schema.js"),
  ]);
  const evaluator = createEvaluator(root);
  const evaluated = evaluator.evaluate(file);
  if (evaluated !== undefined) {
    return { written: validate(evaluated, WrittenConfig), sources: evaluator.sources };
  }
  throw new UserError("NO_DEFAULT_EXPORT", "the configuration file exports no configuration", {
    hint: "add export default defineConfig({ … })",
    at: { file, line: 1, column: 1 },
  });
}

function withDefaults(written: WrittenConfig): Omit<Config, "root" | "file" | "sources"> {
  return {
    gitlab: written.gitlab,
    manifests: written.manifests ?? DEFAULTS.manifests,
    lock: written.lock ?? DEFAULTS.lock,
    output: written.output ?? DEFAULTS.output,
    namespace: written.namespace === undefined ? DEFAULTS.namespace : written.namespace,
    fetch: written.fetch ?? DEFAULTS.fetch,
    proxy: written.proxy ?? DEFAULTS.proxy,
    proxyPolicy: written.proxyPolicy,
    expiryWarningDays:
      written.expiryWarningDays === undefined ? DEFAULTS.expiryWarningDays : written.expiryWarningDays,
    maxUnpackedBytes: written.maxUnpackedBytes,
    runnerStatements: written.runnerStatements ?? DEFAULTS.runnerStatements,
    bump: bumpOf(written),
  };
}

function bumpOf({ bump = {} }: WrittenConfig): Bump {
  return {
    labels: bump.labels ?? DEFAULT_BUMP.labels,
    assignees: bump.assignees ?? DEFAULT_BUMP.assignees,
    reviewers: bump.reviewers ?? DEFAULT_BUMP.reviewers,
    reviewersFromCodeOwners: bump.reviewersFromCodeOwners ?? DEFAULT_BUMP.reviewersFromCodeOwners,
    milestone: bump.milestone,
    draft: bump.draft ?? DEFAULT_BUMP.draft,
    squash: bump.squash,
    automerge: bump.automerge ?? DEFAULT_BUMP.automerge,
    minimumAgeDays: bump.minimumAgeDays ?? DEFAULT_BUMP.minimumAgeDays,
    schedule: bump.schedule,
    policy: bump.policy ?? DEFAULT_BUMP.policy,
    beyondRange: bump.beyondRange ?? DEFAULT_BUMP.beyondRange,
    priority: bump.priority ?? DEFAULT_BUMP.priority,
    ignoreVersions: bump.ignoreVersions ?? DEFAULT_BUMP.ignoreVersions,
    targetBranches: bump.targetBranches,
    maximumOpen: bump.maximumOpen === undefined ? DEFAULT_BUMP.maximumOpen : bump.maximumOpen,
    maximumPerHour: bump.maximumPerHour ?? DEFAULT_BUMP.maximumPerHour,
    rebase: bump.rebase ?? DEFAULT_BUMP.rebase,
    dashboard: bump.dashboard ?? DEFAULT_BUMP.dashboard,
    stopLabel: bump.stopLabel ?? DEFAULT_BUMP.stopLabel,
    semanticCommits: bump.semanticCommits ?? DEFAULT_BUMP.semanticCommits,
    rules: (bump.rules ?? []).map(definedOf),
  };
}

/** The same without fields that are undefined. */
function definedOf<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }; // what is left is defined
}
