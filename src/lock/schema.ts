/**
 * Stage 4, lock → `Lock`: the record of all resolved and hashed variants, `artifacts.lock.json`.
 * This file is the format (the JSON Schema is printed from it) and the model that CLI, proxy, generator and bot share.
 *
 * Facts of the manifest stand at the artifact, facts of GitLab and of the bytes at the variant.
 */
import { z } from "zod";
import {
  ArtifactName,
  FetchMode,
  Form,
  GroupName,
  Install,
  License,
  Ref,
  RelativePath,
  System,
  Text,
} from "../artifact.js";

/** Version of the file format; see `upgrade.ts` for older ones. */
export const LOCK_VERSION = 1;

/** SRI sha256, https://www.w3.org/TR/SRI/ as Nix writes it: 32 bytes in padded base64. */
export const SriSha256 = z
  .string()
  .regex(/^sha256-[A-Za-z0-9+/]{43}=$/, "expected sha256-<44 characters of base64>");

/** Nix's rule for store names (libstore/path.cc `checkName`), less what some versions refuse. */
export const StoreName = z
  .string()
  .regex(/^[0-9a-zA-Z+_?=-][0-9a-zA-Z+._?=-]*$/, "expected a legal Nix store name")
  .max(200)
  .refine((name) => !name.endsWith(".drv"), 'a store name must not end in ".drv"');

const StorePath = z
  .string()
  .regex(
    /^\/nix\/store\/[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9a-zA-Z+._?=-]+$/,
    "expected a path in /nix/store",
  );
const Id = z.int().positive();
const Size = z.int().nonnegative();
const Instant = z.iso.datetime({ offset: true });
const HttpUrl = z.url({ protocol: /^https?$/ });
/** With a query or a fragment, the path that an address ends in would not be the one that is asked for. */
const Instance = HttpUrl.refine((url) => !/[?#]/.test(url), "expected an address without query and fragment");
const Sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, "expected a full git commit id");
/** Words of others, as `excerpt` leaves them. */
const Line = z
  .string()
  .min(1)
  .max(250)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "expected one line of whole characters");

/**
 * What GitLab's runner says about the build in a file of the archive (https://slsa.dev/provenance/v1). It is not signed: whoever
 * can change the archive can change it.
 */
export const Statement = z.strictObject({
  /** Address of the runner. */
  builder: Line,
  buildType: Line.optional(),
  /** As a rule the id of the job. */
  invocation: Line.optional(),
  commit: Sha.optional(),
  /** SHA-256 of our file, in hexadecimal; absent for a whole archive and for what the statement does not list. */
  subject: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hexadecimal")
    .optional(),
});
export type Statement = z.infer<typeof Statement>;

/** What is known about the build besides what names it, as it was when the job was locked. What nobody told is absent. */
export const Provenance = z.strictObject({
  commitTitle: Line.optional(),
  /** When the change was written, which may be long before it was merged. */
  authoredAt: Instant.optional(),
  /** Whether GitLab protects the branch or tag. */
  refProtected: z.boolean().optional(),
  /** The commit that was locked before this one, of the same project. */
  previousCommit: Sha.optional(),
  statement: Statement.optional(),
});
export type Provenance = z.infer<typeof Provenance>;

export const LockedVariant = z.strictObject({
  /** Store name, fixed here for ever: the store path depends on it. */
  name: StoreName,
  version: Text.min(1),
  /** Immutable API URL of the bytes, by job id. */
  url: HttpUrl,
  projectId: Id,
  project: Text.min(1),
  /** Git ref of the pipeline. */
  ref: Text.min(1),
  commit: Sha,
  pipeline: Id,
  job: Id,
  jobName: Text.min(1),
  /** File inside the archive; null means the whole artifacts.zip. */
  file: RelativePath.nullable(),
  form: Form,
  size: Size,
  /** Of the file for form `file`, of the NAR for the others. */
  hash: SriSha256,
  narHash: SriSha256,
  narSize: Size,
  storePath: StorePath,
  createdAt: Instant,
  /** Null: never. */
  expiresAt: Instant.nullable(),
  /** Absent in locks of before it was recorded; then it is filled in without a download. */
  provenance: Provenance.optional(),
});
export type LockedVariant = z.infer<typeof LockedVariant>;

export const LockedArtifact = z.strictObject({
  description: Text.optional(),
  /** Base URL of the GitLab instance. */
  gitlab: Instance,
  /** The project as the manifest names it: full path or numeric id. */
  project: Text.min(1),
  /** What the manifest asks for; each variant's `ref` is what that meant. */
  ref: Ref,
  fetch: FetchMode,
  install: Install,
  license: License.optional(),
  /** Sorted; absent when there are none. */
  groups: z.array(GroupName).min(1).optional(),
  systems: z.record(System, LockedVariant),
});
export type LockedArtifact = z.infer<typeof LockedArtifact>;

export const Lock = z.strictObject({
  version: z.literal(LOCK_VERSION),
  artifacts: z.record(ArtifactName, LockedArtifact),
});
export type Lock = z.infer<typeof Lock>;

/** The lock of a repository that has none yet. */
export const EMPTY_LOCK: Lock = { version: LOCK_VERSION, artifacts: {} };
