/** Locks to generate from. Defaults are one valid artifact whose store path is right. */
import type { Lock, LockedArtifact, LockedVariant } from "../../src/lock/schema.js";

export function lockedVariant(overrides: Partial<LockedVariant> = {}): LockedVariant {
  return {
    name: "art.bin",
    version: "1.2.3",
    url: "https://gitlab.example.com/api/v4/projects/17/jobs/4711/artifacts/dist/art.bin",
    projectId: 17,
    project: "platform/acme-cli",
    ref: "v1.2.3",
    commit: "0123456789abcdef0123456789abcdef01234567",
    pipeline: 991,
    job: 4711,
    jobName: "build: [linux, amd64]",
    file: "dist/art.bin",
    form: "file",
    size: 15,
    hash: "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=",
    narHash: "sha256-zb+8DcJR2vgUIbDvpxY7XjWgUPDWSVEqSzwcoq3WbKk=",
    narSize: 128,
    storePath: "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin",
    createdAt: "2026-11-01T12:00:00.000Z",
    expiresAt: null,
    ...overrides,
  };
}

export function lockedArtifact(overrides: Partial<LockedArtifact> = {}): LockedArtifact {
  return {
    description: "ACME command line",
    gitlab: "https://gitlab.example.com",
    project: "platform/acme-cli",
    ref: { tag: "v1.2.3" },
    fetch: "proxy",
    install: { kind: "none" },
    systems: { "x86_64-linux": lockedVariant() },
    ...overrides,
  };
}

export function lockOf(artifacts: Readonly<Record<string, LockedArtifact>>): Lock {
  return { version: 1, artifacts };
}
