import type { LockedArtifact, LockedVariant } from "../../src/lock/schema.js";
import type { Previous } from "../../src/resolve/as-locked.js";

/** What the lock holds for `declaredVariant`, built by job 77 of project 42. */
export function lockedVariant(fields: Partial<LockedVariant> = {}): LockedVariant {
  return {
    name: "app",
    version: "1.0.0-unstable-2026-01-01",
    url: "https://gitlab.example.com/api/v4/projects/42/jobs/77/artifacts/dist/app",
    projectId: 42,
    project: "g/app",
    ref: "main",
    commit: "a".repeat(40),
    pipeline: 7,
    job: 77,
    jobName: "build",
    file: "dist/app",
    form: "file",
    size: 1,
    hash: `sha256-${"A".repeat(43)}=`,
    narHash: `sha256-${"A".repeat(43)}=`,
    narSize: 120,
    storePath: `/nix/store/${"0".repeat(32)}-app`,
    createdAt: "2026-01-01T00:00:00.000Z",
    expiresAt: null,
    provenance: { commitTitle: "A commit" },
    ...fields,
  };
}

/** The same as an entry of the lock, of the artifact that `declaredVariant` belongs to. */
export function lockedEntry(variant: LockedVariant, artifact: Partial<LockedArtifact> = {}): Previous {
  return {
    variant,
    artifact: {
      gitlab: new URL(variant.url).origin,
      project: "g/app",
      ref: { branch: "main" },
      fetch: "proxy",
      install: { kind: "none" },
      systems: { "x86_64-linux": variant },
      ...artifact,
    },
  };
}
