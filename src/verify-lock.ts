/** The locked bytes, downloaded again and compared: what still stands behind a lock. Beside the line; nothing is changed. */
import { UserError } from "./errors.js";
import { GitLabError } from "./gitlab/gitlab-error.js";
import type { Download, GitLab } from "./gitlab/gitlab.js";
import { getJob } from "./gitlab/jobs.js";
import { OTHER_BYTES, verifiedBody } from "./hash/verified-body.js";
import { verifiedNar } from "./hash/verified-nar.js";
import { limitPerHost } from "./host-limit.js";
import type { LockedArtifact, LockedVariant } from "./lock/schema.js";

/** What became of the bytes. `failed`: nothing can be said, for example because GitLab is out of reach. */
export type Verdict =
  "same" | "changed" | "expired" | "erased" | "missing" | "forbidden" | "project gone" | "failed";

/** A locked variant and what it belongs to. */
export interface Locked {
  readonly name: string;
  readonly artifact: LockedArtifact;
  readonly system: string;
  readonly variant: LockedVariant;
}

export interface Verified extends Locked {
  readonly verdict: Verdict;
  /** Of every verdict but `same`. */
  readonly error?: UserError;
}

export interface VerifyContext {
  readonly gitlab: GitLab;
  readonly signal: AbortSignal;
}

/** One verdict for each of `locked`, in their order. Bytes that several variants have are read once. */
export async function verifyLocked(locked: readonly Locked[], context: VerifyContext): Promise<Verified[]> {
  const limit = limitPerHost();
  const answers = new Map<string, Promise<Answer>>();
  const running = locked.map(async (one) => {
    const key = JSON.stringify([one.variant.url, one.variant.form, one.variant.hash]);
    const answer = answers.get(key) ?? limit(one.variant.url, () => verify(one, context));
    answers.set(key, answer);
    return { ...one, ...(await answer) };
  });
  await Promise.allSettled(running); // so that nothing is left on the disk when one has given up
  return Promise.all(running);
}

type Answer = Pick<Verified, "verdict" | "error">;

async function verify(one: Locked, context: VerifyContext): Promise<Answer> {
  const { name, variant } = one;
  context.signal.throwIfAborted();
  try {
    const download = await context.gitlab.download(variant.url, { signal: context.signal, verified: true });
    for await (const chunk of verified(download, { artifact: name, variant })) void chunk;
    return { verdict: "same" };
  } catch (error) {
    if (!(error instanceof UserError) || context.signal.aborted) throw error;
    return { verdict: await verdictOf(error, one, context.gitlab), error };
  }
}

/** What the lock has a hash of. It ends only if that is right. */
function verified(
  download: Download,
  { artifact, variant }: { readonly artifact: string; readonly variant: LockedVariant },
): AsyncIterable<Uint8Array> {
  const { form } = variant;
  if (form === "unpacked") return verifiedNar(download, { artifact, ...variant }).body;
  return verifiedBody(download, { artifact, ...variant, form });
}

async function verdictOf(error: UserError, one: Locked, gitlab: GitLab): Promise<Verdict> {
  if (error.code === OTHER_BYTES) return "changed";
  if (!(error instanceof GitLabError)) return "failed";
  switch (error.code) {
    case "GITLAB_PROJECT_NOT_FOUND":
      return "project gone";
    case "GITLAB_FORBIDDEN":
    case "GITLAB_INSUFFICIENT_SCOPE":
      return "forbidden";
    case "GITLAB_NOT_FOUND":
    case "GITLAB_FILE_NOT_FOUND":
    case "GITLAB_ARTIFACTS_NOT_FOUND":
      return whyMissing(one, gitlab);
    default:
      return "failed";
  }
}

/** GitLab's 404 is the same for all of these; the job itself tells them apart. */
async function whyMissing({ artifact, variant }: Locked, gitlab: GitLab): Promise<Verdict> {
  const address = { instance: artifact.gitlab, project: variant.projectId };
  const job = await getJob(gitlab, address, variant.job).catch((error: unknown) => {
    if (error instanceof GitLabError) return undefined;
    throw error;
  });
  if (typeof job?.erased_at === "string") return "erased";
  const expiresAt = job?.artifacts_expire_at ?? variant.expiresAt;
  return expiresAt !== null && new Date(expiresAt) <= new Date() ? "expired" : "missing";
}
