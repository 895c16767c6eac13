/** Valid values for tests; each takes what differs. */
import { artifactUrl } from "../../src/gitlab/artifact-url.js";
import type { Lockable } from "../../src/lock/create.js";
import type { Lock, LockedArtifact, LockedVariant } from "../../src/lock/schema.js";
import type { Declared, DeclaredVariant } from "../../src/manifest/declared.js";

const AT = { file: "/repo/manifests/acme.ts", line: 3, column: 3 };
const INSTANCE = "https://gitlab.example.com";
export const HASH = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
export const OTHER_HASH = "sha256-rKHNAn6XlYjRS4d7ewy4WFrZ/sWZ60WAGZLuU4Kzdg8=";

/** Its address is that of the file in the job, unless `differs` has another. */
export function makeVariant(differs: Partial<LockedVariant> = {}): LockedVariant {
  const { projectId = 42, job = 77001, file = "dist/acme-linux" } = differs;
  const { url = artifactUrl({ instance: INSTANCE, projectId, job }, file ?? undefined) } = differs;
  return {
    name: "acme-linux",
    version: "1.2.3",
    url,
    projectId,
    project: "platform/acme",
    ref: "main",
    commit: "3f1c0ffee0000000000000000000000000000001",
    pipeline: 9001,
    job,
    jobName: "build",
    file,
    form: "file",
    size: 15,
    hash: HASH,
    narHash: "sha256-rb5DN4mPmU4g4gbxYIsPiB3KzM3Xq0Tz0bfdUM8Bzyc=",
    narSize: 128,
    storePath: "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin",
    createdAt: "2026-11-20T08:00:00.000Z",
    expiresAt: "2026-12-20T08:00:00.000Z",
    provenance: {
      commitTitle: "Speak up",
      authoredAt: "2026-11-19T08:00:00.000Z",
      refProtected: true,
    },
    ...differs,
  };
}

export function makeArtifact(differs: Partial<LockedArtifact> = {}): LockedArtifact {
  return {
    description: "ACME command line",
    gitlab: INSTANCE,
    project: "platform/acme",
    ref: { branch: "main" },
    fetch: "proxy",
    install: { kind: "none" },
    systems: { "x86_64-linux": makeVariant() },
    ...differs,
  };
}

export function makeLock(artifacts: Record<string, LockedArtifact> = { acme: makeArtifact() }): Lock {
  return { version: 1, artifacts };
}

export function makeDeclared(name: string, systems: readonly string[] = ["x86_64-linux"]): Declared {
  return {
    name,
    description: "ACME command line",
    gitlab: INSTANCE,
    project: "platform/acme",
    ref: { branch: "main" },
    form: "file",
    fetch: "proxy",
    install: { kind: "none" },
    license: undefined,
    groups: [],
    variants: systems.map((system) => makeDeclaredVariant(name, system)),
    at: AT,
  };
}

export function makeDeclaredVariant(artifact: string, system: string): DeclaredVariant {
  return {
    artifact,
    system,
    gitlab: INSTANCE,
    project: "platform/acme",
    ref: { branch: "main" },
    jobName: "build",
    file: "dist/acme-linux",
    form: "file",
    at: { project: AT, ref: AT, job: AT, file: AT },
  };
}

export function makeHashed(artifact: string, system: string, differs: Partial<Lockable> = {}): Lockable {
  const { name, project, ref, provenance = {}, ...facts } = makeVariant();
  return {
    ...makeDeclaredVariant(artifact, system),
    ...facts,
    storeName: name,
    projectPath: project,
    refName: ref,
    ref: { branch: "main" },
    project,
    file: "dist/acme-linux",
    declaredSize: undefined,
    archiveSize: undefined,
    archiveName: undefined,
    provenance,
    passedOver: [],
    ...differs,
  };
}
