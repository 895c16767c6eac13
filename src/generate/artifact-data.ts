/** One locked artifact as the data that the Nix library reads. */
import type { LockedArtifact, LockedVariant } from "../lock/schema.js";
import { fodPath } from "./fod-path.js";
import type { NixAttrs } from "./nix-value.js";

/** What `artifacts/<name>.nix` holds. Its shape is a contract with `nix/lib`. */
export function artifactData(name: string, artifact: LockedArtifact): NixAttrs {
  const { gitlab, fetch, install, license } = artifact;
  return {
    name,
    meta: { description: artifact.description, homepage: homepageOf(artifact) },
    gitlab,
    fetch,
    install,
    license,
    systems: Object.fromEntries(
      byName(artifact.systems).map(([system, variant]) => [system, variantData(gitlab, variant)]),
    ),
  };
}

function variantData(gitlab: string, variant: LockedVariant): NixAttrs {
  const { name, version, form, hash, storePath } = variant;
  return {
    name,
    version,
    form,
    hash,
    storePath,
    proxyPath: fodPath({ gitlab, ...variant }),
    provenance: provenanceOf(variant),
  };
}

/** Where the bytes came from; becomes `passthru.provenance` of the package. */
function provenanceOf(variant: LockedVariant): NixAttrs {
  const { project, ref, commit, pipeline, job, jobName, file, url, createdAt, expiresAt } = variant;
  return { project, ref, commit, pipeline, job, jobName, file, url, createdAt, expiresAt };
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
