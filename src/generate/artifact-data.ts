/** One locked artifact as the data that the Nix library reads. The shapes are a contract with `nix/lib/readArtifact.nix`. */
import type { LockedArtifact, LockedVariant } from "../lock/schema.js";
import { fodPath } from "./fod-path.js";
import type { JsonObject } from "../print-json.js";

/** What Nix needs to make the package: a member of a file in `artifacts/`. */
export function artifactData(artifact: LockedArtifact): JsonObject {
  const { description, gitlab, fetch, install, license } = artifact;
  const systems = bySystem(artifact, (variant) => variantData(gitlab, variant));
  return { description, fetch, install, license, systems };
}

function variantData(gitlab: string, variant: LockedVariant): JsonObject {
  const { name, version, form, file, hash, storePath } = variant;
  return { name, version, form, file, hash, storePath, proxyPath: fodPath(gitlab, variant) };
}

/** Where the bytes came from, which few evaluations ask for: a member of a file in `provenance/`. */
export function provenanceData(artifact: LockedArtifact): JsonObject {
  const { gitlab } = artifact;
  return { gitlab, homepage: homepageOf(artifact), systems: bySystem(artifact, provenanceOf) };
}

/** Becomes `passthru.provenance` of the package. */
function provenanceOf(variant: LockedVariant): JsonObject {
  const { project, ref, commit, pipeline, job, jobName, url, createdAt, expiresAt } = variant;
  return { project, ref, commit, pipeline, job, jobName, url, createdAt, expiresAt };
}

function bySystem({ systems }: LockedArtifact, data: (variant: LockedVariant) => JsonObject): JsonObject {
  return Object.fromEntries(byName(systems).map(([system, variant]) => [system, data(variant)]));
}

/** The project's page. A variant knows the full path, the artifact perhaps only an id. */
function homepageOf({ gitlab, systems }: LockedArtifact): string | undefined {
  const [first] = byName(systems);
  if (first === undefined) return undefined;
  const path = first[1].project.split("/").map(encodeURIComponent).join("/");
  return `${gitlab.replace(/\/+$/, "")}/${path}`;
}

/** Entries in an order that depends on nothing but the names. */
export function byName<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
