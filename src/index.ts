/**
 * The public API: what manifests and `artifacts.config.ts` import. These functions only give types to what they are passed;
 * manifests are read as data and never run. This file imports nothing, so that its declarations can stand alone.
 */

/** One artifact: where it comes from, for which systems, and how it is installed. */
export interface Artifact {
  /** Name of the package in the overlay: a letter or `_`, then letters, digits, `_` or `-`. */
  name: string;
  /** One line about the package. */
  description?: string | undefined;
  /** Address of the GitLab instance. By default the one in `artifacts.config.ts`. */
  gitlab?: string | undefined;
  /** Full path of the project, such as `"platform/acme-cli"`, or its numeric id. */
  project: string | number;
  /** Which pipeline, or which job. */
  ref: Ref;
  /**
   * Name of the job. `{name}` is filled from the variables of each system; `{{` and `}}` are the braces themselves.
   * May be left out only with `ref: { job: … }`.
   */
  job?: string | undefined;
  /** Path of one file in the artifact, with `{name}` as in `job`. Without it: the whole `artifacts.zip`. */
  file?: string | undefined;
  /** The Nix systems that there are bytes for, each with its variables; `"any"` for bytes that run everywhere. */
  systems: "any" | Systems;
  /** What the fixed-output derivation yields. By default `"file"`. */
  form?: Form | undefined;
  /** How a build gets the bytes when nothing put them into the store before. By default as in `artifacts.config.ts`. */
  fetch?: FetchMode | undefined;
  /** How the package is made from the bytes. By default `{ kind: "none" }`. */
  install?: Install | undefined;
  /** The license as an identifier of SPDX, such as `"MIT"`, or `"unfree"`: then Nix asks before it installs it. */
  license?: string | undefined;
  /** Groups that the package belongs to: `pkgs.artifacts.groups.<group>` is a set of them. */
  groups?: readonly string[] | undefined;
}

/** Variables by Nix system: `{ "x86_64-linux": { arch: "amd64" } }`. */
export type Systems = Record<string, Record<string, string | number>>;

/** Exactly one of the forms. */
export type Ref = BranchRef | TagRef | SemverRef | MergeRequestRef | PipelineRef | JobRef;

/** How the job is chosen where a ref has several pipelines. Without options: that of the newest successful pipeline that has it. */
export interface Choice {
  /** Take no job that ended less than this ago: `"12 hours"`, `"3 days"`, `"2 weeks"`. */
  minimumReleaseAge?: string | undefined;
  /** `"any"`: pipelines that failed or still run count, too, as long as the job itself has succeeded. By default `"success"`. */
  pipelineStatus?: "success" | "any" | undefined;
}

/** The newest pipeline of a branch. */
export interface BranchRef extends Choice {
  /** Name of the branch. */
  branch: string;
  /** Refuse the branch unless it is protected in GitLab. */
  protectedOnly?: boolean | undefined;
  tag?: never;
  tagPrefix?: never;
  semver?: never;
  prereleases?: never;
  mergeRequest?: never;
  pipeline?: never;
  job?: never;
}

/** The pipeline of a tag. */
export interface TagRef extends Choice {
  /** Name of the tag. */
  tag: string;
  /** What to leave out at the beginning of the tag to get the version: `"v"` for `v1.2.3`. */
  tagPrefix?: string | undefined;
  /** Refuse the tag unless it is protected in GitLab. */
  protectedOnly?: boolean | undefined;
  branch?: never;
  semver?: never;
  prereleases?: never;
  mergeRequest?: never;
  pipeline?: never;
  job?: never;
}

/** The pipeline of the tag with the highest version in a range. */
export interface SemverRef extends Choice {
  /** Range of versions as npm writes them: `"^1.2"`, `">=2 <4"`, `"*"`. */
  semver: string;
  /** What tags have before the version. Only tags with it count. By default `"v"` or nothing. */
  tagPrefix?: string | undefined;
  /** Whether versions such as `2.0.0-rc.1` count. By default only those count whose release the range names itself. */
  prereleases?: boolean | undefined;
  /** Count only tags that are protected in GitLab. */
  protectedOnly?: boolean | undefined;
  branch?: never;
  tag?: never;
  mergeRequest?: never;
  pipeline?: never;
  job?: never;
}

/** The newest pipeline of a merge request, whether of its branch or of the merged result. */
export interface MergeRequestRef extends Choice {
  /** Number of the merge request in its project, the one after the `!`. */
  mergeRequest: number;
  protectedOnly?: never;
  branch?: never;
  tag?: never;
  tagPrefix?: never;
  semver?: never;
  prereleases?: never;
  pipeline?: never;
  job?: never;
}

/** One pipeline. */
export interface PipelineRef extends NoChoice {
  /** Id of the pipeline, the number in its URL. */
  pipeline: number;
  job?: never;
}

/** One job. */
export interface JobRef extends NoChoice {
  /** Id of the job, the number in its URL. */
  job: number;
  pipeline?: never;
}

/** What a ref that names one thing has not. */
export interface NoChoice {
  minimumReleaseAge?: never;
  pipelineStatus?: never;
  protectedOnly?: never;
  branch?: never;
  tag?: never;
  tagPrefix?: never;
  semver?: never;
  prereleases?: never;
  mergeRequest?: never;
}

/** The file as it is, the same file with the executable bit, or the unpacked tree of a zip or tar archive. */
export type Form = "file" | "executable" | "unpacked";

/**
 * `"proxy"`: the build asks the proxy. `"require"`: the build fails with the command that brings the bytes.
 * `"impure-env"`: the build asks GitLab, with a header from its environment, which whoever may build can read.
 */
export type FetchMode = "proxy" | "require" | "impure-env";

/** How the package is made from the bytes. */
export type Install = InstallNone | InstallBinary | InstallArchive | InstallDeb | InstallAppImage;

/** The package is the source itself. */
export interface InstallNone {
  kind: "none";
}

/** The file is a program. */
export interface InstallBinary extends Runtime {
  kind: "binary";
  /** Name of the program in `bin/`. By default the name of the artifact. */
  name?: string | undefined;
}

/** The file is a tar or zip archive. */
export interface InstallArchive extends Unpacked {
  kind: "archive";
  /** Leading folders to leave out of the paths in the archive. */
  stripComponents?: number | undefined;
}

/** The file is a Debian package. Its files are installed as those of an archive; its scripts are not run. */
export interface InstallDeb extends Unpacked {
  kind: "deb";
}

/** The file is an AppImage of type 2. It is unpacked without running it, and the program starts its `AppRun`. */
export interface InstallAppImage extends Runtime {
  kind: "appimage";
  /** Name of the program in `bin/`. By default the name of the artifact. */
  name?: string | undefined;
}

/** What becomes of the files of an archive. */
export interface Unpacked extends Runtime {
  /** Paths of the programs in the archive that are linked into `bin/`; `*` and `?` stand for parts of a name: `"bin/*"`. */
  bin: readonly string[];
  /** Paths of manual pages, such as `"man/acme.1"`. */
  man?: readonly string[] | undefined;
  /** Paths of the main program's completions for shells. */
  completions?: Completions | undefined;
}

/** Paths of completions by shell. */
export interface Completions {
  bash?: string | undefined;
  zsh?: string | undefined;
  fish?: string | undefined;
}

/** What programs need to run. */
export interface Runtime {
  /**
   * Packages of nixpkgs whose libraries the programs are linked with, such as `"openssl"` or `"stdenv.cc.cc.lib"`. On Linux the
   * programs are patched to find them and the C library; `[]` is for those that need nothing but that one. Without this field
   * not a byte is changed, as is right for static programs.
   */
  libraries?: readonly string[] | undefined;
  /** Environment variables that programs get where the caller's environment has not got them. */
  environment?: Record<string, string> | undefined;
}

/** What is common to all artifacts of a repository. Every field may be left out. */
export interface Config {
  /** Address of the GitLab instance, such as `"https://gitlab.example.com"`. */
  gitlab?: string | undefined;
  /** Folder of the manifests. By default `"manifests"`. */
  manifests?: string | undefined;
  /** Path of the lockfile. By default `"artifacts.lock.json"`. */
  lock?: string | undefined;
  /** Folder in which Nix files are generated. By default `"nix/artifacts"`. */
  output?: string | undefined;
  /** Packages are `pkgs.<namespace>.<name>`; `null` is the top level. By default `"artifacts"`. */
  namespace?: string | null | undefined;
  /** How builds get bytes that are not in the store. By default `"proxy"`. */
  fetch?: FetchMode | undefined;
  /** The address that proxy derivations carry. By default `"http://127.0.0.1:7467"`. */
  proxy?: string | undefined;
  /**
   * Who may have what of an `artifacts proxy` that runs here: the first rule that fits decides, and what no rule allows is denied.
   * Without it, whoever the proxy serves may have all that is locked.
   */
  proxyPolicy?: readonly ProxyRule[] | undefined;
  /** Days ahead of their expiry that locked artifacts are warned about; `null` for never. By default 14. */
  expiryWarningDays?: number | null | undefined;
  /** Bytes that the files of one archive may have together when it is unpacked. By default 8 GiB. */
  maxUnpackedBytes?: number | undefined;
  /**
   * Whether new archives are looked into for the statement that runners write with `RUNNER_GENERATE_ARTIFACTS_METADATA`: one
   * request more for each job. By default only those of artifacts that were locked with one.
   */
  runnerStatements?: boolean | undefined;
  /** How `artifacts bump` opens merge requests. */
  bump?: Bump | undefined;
}

/** Allows or denies artifacts to callers of the proxy. Fields that are left out fit everything. */
export interface ProxyRule {
  /** What the proxy's log and metrics call the rule; its callers are not told. */
  name: string;
  /** What happens when the rule fits. */
  effect: "allow" | "deny";
  /** Names of artifacts, in which `*` stands for anything. */
  artifacts?: readonly string[] | undefined;
  /** Full paths of the projects that artifacts are from, in which `*` stands for anything. */
  projects?: readonly string[] | undefined;
  /** Who asks is one of these. */
  callers?: readonly ProxyCaller[] | undefined;
}

/** Kinds of callers of the proxy, by what they prove about themselves. */
export type ProxyCaller = MachineCaller | TokenCaller | JobCaller | CertificateCaller;

/** Whoever can connect to an address of `--listen`. */
export interface MachineCaller {
  kind: "machine";
}

/** Whoever brings a GitLab token to an address of `--passthrough`. */
export interface TokenCaller {
  kind: "token";
}

/** Whoever brings the ID token of a CI job to an address of `--id-token-listen`. All that is said must fit. */
export interface JobCaller {
  kind: "job";
  /** Full paths of the projects whose jobs they are, in which `*` stands for anything. */
  projects?: readonly string[] | undefined;
  /** Names of branches and tags, in which `*` stands for anything. */
  refs?: readonly string[] | undefined;
  /** Only jobs of protected branches and tags. */
  protectedRefs?: boolean | undefined;
  /** The token is meant for one of these. */
  audiences?: readonly string[] | undefined;
}

/** Whoever shows a client certificate at an address of `--certificate-listen`. All that is said must fit. */
export interface CertificateCaller {
  kind: "certificate";
  /** Its alternative names, one of which must fit: `"DNS:*.ci.example.com"`, `"URI:spiffe://example.com/*"`, `"email:…"`. */
  names?: readonly string[] | undefined;
  /** Common names of its subject, in which `*` stands for anything. */
  commonNames?: readonly string[] | undefined;
}

/** How `artifacts bump` opens merge requests. What can differ between artifacts can be said again in `rules`. */
export interface Bump extends BumpDetails {
  /** The branches that merge requests go to, with `*` for anything. By default the default branch of the project alone. */
  targetBranches?: readonly string[] | undefined;
  /** Merge requests that may be open at a time; `null` for any number. By default 10. */
  maximumOpen?: number | null | undefined;
  /** Merge requests that may be opened within an hour; `null`, the default, for any number. */
  maximumPerHour?: number | null | undefined;
  /** When a branch is made anew on top of the target branch. By default `"conflicted"`. */
  rebase?: "conflicted" | "behind" | "never" | undefined;
  /** Keep an issue that says what is open, what waits and what failed, with boxes to tick. */
  dashboard?: boolean | undefined;
  /** A merge request with this label is left alone. By default `"stop-updating"`. */
  stopLabel?: string | undefined;
  /** Begin titles and commit messages with `chore(deps): `. By default `"auto"`: when most recent commits begin in that way. */
  semanticCommits?: boolean | "auto" | undefined;
  /** What is different for some artifacts. Where several rules fit, the later one wins. */
  rules?: readonly BumpRule[] | undefined;
}

/** What is different for some artifacts. */
export interface BumpRule extends BumpDetails {
  /** Names of artifacts, in which `*` stands for anything. */
  artifacts: readonly string[];
  /** Only on these target branches, in which `*` stands for anything. By default on all of them. */
  targets?: readonly string[] | undefined;
  /** Propose no updates. */
  ignore?: boolean | undefined;
  /** Artifacts of the same group share one merge request. */
  group?: string | undefined;
}

/** What can be said of all artifacts, and differently of some. */
export interface BumpDetails {
  /** Labels of new merge requests. */
  labels?: readonly string[] | undefined;
  /** User names of the assignees of new merge requests. */
  assignees?: readonly string[] | undefined;
  /** User names of the reviewers of new merge requests. */
  reviewers?: readonly string[] | undefined;
  /** Ask the code owners of the files that change to review, too: those whom `CODEOWNERS` names as users. */
  reviewersFromCodeOwners?: boolean | undefined;
  /** Title of the milestone of new merge requests. */
  milestone?: string | undefined;
  /** Open merge requests as drafts. */
  draft?: boolean | undefined;
  /** Squash when merging. By default as the project says. */
  squash?: boolean | undefined;
  /** Merge, or put on the merge train, once a pipeline of exactly the bot's commit has succeeded. */
  automerge?: boolean | undefined;
  /** Whole days that a job must be old before its artifacts are proposed. */
  minimumAgeDays?: number | undefined;
  /** When merge requests may be opened and changed. By default at any time. */
  schedule?: Schedule | undefined;
  /** What an update must be like to be proposed at all. */
  policy?: BumpPolicy | undefined;
  /** Propose versions beyond the range of the manifest, too: then its `semver` or `tag` is edited in the same commit. */
  beyondRange?: boolean | undefined;
  /** What is opened first when not everything may be open at once: the highest. By default 0. */
  priority?: number | undefined;
  /** Ranges of versions that are never proposed: `["2.x", "3.0.1"]`. */
  ignoreVersions?: readonly string[] | undefined;
}

/** What an update must be like to be proposed at all. Each field asks for one thing more. */
export interface BumpPolicy {
  /** The branch or tag that the job ran for must be protected. */
  protectedRefs?: boolean | undefined;
  /** The job must be of one of these projects: full paths, in which `*` stands for anything. */
  projects?: readonly string[] | undefined;
  /** The whole pipeline of the job must have succeeded. */
  pipelineStatus?: "success" | undefined;
  /** How much larger or smaller the bytes may be than those that are locked, in percent of these. */
  maximumSizeChangePercent?: number | undefined;
}

/** A time of the week. */
export interface Schedule {
  /** Such as `"Europe/Berlin"`. By default UTC. */
  timeZone?: string | undefined;
  /** By default every day. */
  days?: readonly Day[] | undefined;
  /** Such as `"22:00"`, with `to`. */
  from?: string | undefined;
  /** The end, which may be on the next day. */
  to?: string | undefined;
}

/** A day of the week. */
export type Day = "sunday" | "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday";

/** Declares an artifact: the default export of a manifest. */
export function defineArtifact(artifact: Artifact): Artifact {
  return artifact;
}

/** Declares several artifacts in one manifest. */
export function defineArtifacts(artifacts: readonly Artifact[]): readonly Artifact[] {
  return artifacts;
}

/** Configures a repository: the default export of `artifacts.config.ts`. */
export function defineConfig(config: Config): Config {
  return config;
}
