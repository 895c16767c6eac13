/** How `artifacts bump` works, with every default filled in. `bump-schema.ts` is how people write it. */

/** When new merge requests may be opened and old ones changed. */
export interface Schedule {
  /** IANA name; default UTC. */
  readonly timeZone?: string | undefined;
  /** Default: every day. */
  readonly days?: readonly Day[] | undefined;
  /** "22:00"; together with `to`, which may be earlier and then means the next day. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
export type Day = (typeof DAYS)[number];

/** What an update must be like to be proposed at all. Each field asks for one thing more. */
export interface Policy {
  /** The branch or tag must be protected. */
  readonly protectedRefs?: boolean | undefined;
  /** The job must be of one of these projects: full paths, in which `*` stands for anything. */
  readonly projects?: readonly string[] | undefined;
  /** The whole pipeline must have this status. */
  readonly pipelineStatus?: "success" | undefined;
  /** How much larger or smaller the bytes may be than those that are locked, in percent of these. */
  readonly maximumSizeChangePercent?: number | undefined;
}

/** What can differ between artifacts. */
export interface BumpRule {
  readonly labels: readonly string[];
  /** User names, as are the next. */
  readonly assignees: readonly string[];
  readonly reviewers: readonly string[];
  /** Title. */
  readonly milestone: string | undefined;
  /** Ask the code owners of the files that change to review. */
  readonly reviewersFromCodeOwners: boolean;
  readonly draft: boolean;
  readonly squash: boolean | undefined;
  /** Merge when a pipeline of exactly the bot's commit has succeeded. */
  readonly automerge: boolean;
  /** Whole days that a job must be old before its artifacts are proposed. */
  readonly minimumAgeDays: number;
  readonly schedule: Schedule | undefined;
  readonly policy: Policy;
  /** Propose versions beyond the range of the manifest, too, and edit the manifest for them. */
  readonly beyondRange: boolean;
  /** Topics of a higher priority are opened first. */
  readonly priority: number;
  /** Ranges of versions that are never proposed. */
  readonly ignoreVersions: readonly string[];
  /** Never proposed. */
  readonly ignore: boolean;
  /** Artifacts of one group share a merge request. */
  readonly group: string | undefined;
}

/** What a rule is about; both must fit. */
export interface RuleScope {
  /** Names of artifacts, with `*` for anything. */
  readonly artifacts: readonly string[];
  /** Target branches, with `*` for anything; undefined: all of them. */
  readonly targets?: readonly string[];
}

export interface Bump extends Omit<BumpRule, "group" | "ignore"> {
  /** Branches that merge requests go to, with `*` for anything; undefined: the default branch of the project. */
  readonly targetBranches: readonly string[] | undefined;
  /** Merge requests that may be open at a time; null: any number. */
  readonly maximumOpen: number | null;
  /** Merge requests that may be opened within an hour; null: any number. */
  readonly maximumPerHour: number | null;
  /** When a branch is made anew on top of the target branch. */
  readonly rebase: "conflicted" | "behind" | "never";
  /** Keep an issue that says what is open, what waits and what failed. */
  readonly dashboard: boolean;
  /** A merge request with this label is left alone. */
  readonly stopLabel: string;
  /** Begin titles and commit messages with `chore(deps): `; "auto": when the commits of the target branch begin so. */
  readonly semanticCommits: boolean | "auto";
  /** Later ones win. */
  readonly rules: readonly (RuleScope & Partial<BumpRule>)[];
}

export const DEFAULT_BUMP: Bump = {
  targetBranches: undefined,
  labels: [],
  assignees: [],
  reviewers: [],
  milestone: undefined,
  reviewersFromCodeOwners: false,
  draft: false,
  squash: undefined,
  automerge: false,
  minimumAgeDays: 0,
  schedule: undefined,
  policy: {},
  beyondRange: false,
  priority: 0,
  ignoreVersions: [],
  maximumOpen: 10,
  maximumPerHour: null,
  rebase: "conflicted",
  dashboard: false,
  stopLabel: "stop-updating",
  semanticCommits: "auto",
  rules: [],
};
