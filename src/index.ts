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
}

/** Variables by Nix system: `{ "x86_64-linux": { arch: "amd64" } }`. */
export type Systems = Record<string, Record<string, string | number>>;

/** Exactly one of the forms. */
export type Ref = BranchRef | TagRef | PipelineRef | JobRef;

/** The newest successful pipeline of a branch. */
export interface BranchRef {
  /** Name of the branch. */
  branch: string;
  tag?: never;
  tagPrefix?: never;
  pipeline?: never;
  job?: never;
}

/** The pipeline of a tag. */
export interface TagRef {
  /** Name of the tag. */
  tag: string;
  /** What to leave out at the beginning of the tag to get the version: `"v"` for `v1.2.3`. */
  tagPrefix?: string | undefined;
  branch?: never;
  pipeline?: never;
  job?: never;
}

/** One pipeline. */
export interface PipelineRef {
  /** Id of the pipeline, the number in its URL. */
  pipeline: number;
  branch?: never;
  tag?: never;
  tagPrefix?: never;
  job?: never;
}

/** One job. */
export interface JobRef {
  /** Id of the job, the number in its URL. */
  job: number;
  branch?: never;
  tag?: never;
  tagPrefix?: never;
  pipeline?: never;
}

/** The file as it is, the same file with the executable bit, or the unpacked tree of a zip or tar archive. */
export type Form = "file" | "executable" | "unpacked";

/** `"proxy"`: the build asks the proxy. `"require"`: the build fails with the command that brings the bytes. */
export type FetchMode = "proxy" | "require";

/** How the package is made from the bytes. */
export type Install = InstallNone | InstallBinary | InstallArchive;

/** The package is the source itself. */
export interface InstallNone {
  kind: "none";
}

/** The file is a program. */
export interface InstallBinary {
  kind: "binary";
  /** Name of the program in `bin/`. By default the name of the artifact. */
  name?: string | undefined;
}

/** The file is a tar or zip archive. */
export interface InstallArchive {
  kind: "archive";
  /** Paths of the programs in the archive that are linked into `bin/`. */
  bin: readonly string[];
  /** Leading folders to leave out of the paths in the archive. */
  stripComponents?: number | undefined;
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
  /** Bytes that the files of one archive may have together when it is unpacked. By default 8 GiB. */
  maxUnpackedBytes?: number | undefined;
}

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
