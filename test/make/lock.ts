/** Valid values for tests; each takes what differs. */
import { artifactUrl } from "../../src/gitlab/artifact-url.js";
import type { Lockable } from "../../src/lock/create.js";
import type { Lock, LockedArtifact, LockedVariant } from "../../src/lock/schema.js";
import type { Declared, DeclaredVariant } from "../../src/manifest/declared.js";
import { digestBody } from "../../src/hash/digest-body.js";
import { type FileForm, hashMethod } from "../../src/hash/form-content.js";
import { parseSri } from "../../src/store/sri.js";
import { fixedOutputPath } from "../../src/store/store-path.js";

const AT = { file: "/repo/manifests/acme.ts", line: 3, column: 3 };
const INSTANCE = "https://gitlab.example.com";
/** Of "hello artifact" and an end of line, as are the other digests of `makeVariant`. */
export const HASH = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
export const OTHER_HASH = "sha256-rKHNAn6XlYjRS4d7ewy4WFrZ/sWZ60WAGZLuU4Kzdg8=";

/** Address and store path are what the other facts make them, unless `differs` has others. */
export function makeVariant(differs: Partial<LockedVariant> = {}): LockedVariant {
  const { projectId = 42, job = 77001, file = "dist/acme-linux" } = differs;
  const { name = "acme-linux", form = "file", hash = HASH } = differs;
  const { url = artifactUrl({ instance: INSTANCE, projectId, job }, file ?? undefined) } = differs;
  return {
    name,
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
    form,
    size: 15,
    hash,
    narHash: "sha256-zcvoBnbomEGG0b/OgFF5ZytlVMfHntP+GduJeDFAlhI=",
    narSize: 128,
    storePath: fixedOutputPath({ name, method: hashMethod(form), sha256: parseSri(hash) }),
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

/** Bytes, and where they are locked from. */
export interface Locked {
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly name?: string;
  readonly form?: FileForm;
  readonly job?: number;
}

/** What the lock holds about `bytes`. */
export async function makeVariantOf({
  url,
  bytes,
  name = "tool.bin",
  form = "file",
  job = 12,
}: Locked): Promise<LockedVariant> {
  const digests = await digestBody(once(bytes), { name, form, size: bytes.length });
  const origin = { projectId: 7, project: "g/tool", job, pipeline: 11, file: "tool.bin" };
  return makeVariant({ ...origin, ...digests, name, form, url, version: "1.0", expiresAt: null });
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
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
