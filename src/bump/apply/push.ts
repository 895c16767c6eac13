/** The branch of a topic: one commit on top of the snapshot, and never over what a person has pushed. */
import { UserError } from "../../errors.js";
import type { Branch } from "../../gitlab/forge-schema.js";
import { GitLabError } from "../../gitlab/gitlab-error.js";
import { createCommit, getBranch, getFile, isMissing, listChangedPaths } from "../../gitlab/repository.js";
import { UnknownFate } from "../../gitlab/writer.js";
import type { BranchStep } from "../plan/action.js";
import { blobId } from "../renew/snapshot.js";
import type { Topic } from "../renew/topic.js";
import { fingerprintOfCommit } from "../situation/marker.js";
import { snapshotFor, type Applying } from "./applying.js";
import { filesOf } from "./files.js";

/**
 * Makes or replaces the branch.
 *
 * @throws UserError BUMP_BRANCH_MOVED when it is no longer what the plan saw: a person, or another run, was quicker
 */
export async function pushTopic(
  topic: Topic,
  { step, message }: { readonly step: BranchStep; readonly message: string },
  applying: Applying,
): Promise<void> {
  if (step === "keep") return;
  const { address, writer, situation } = applying;
  const snapshot = snapshotFor(topic, applying);
  const { branch } = topic;
  const actions = await filesOf(topic, snapshot);
  if (step === "replace") await requireUnmoved(branch, situation.branches.get(branch), applying);
  const commit = { branch, onto: snapshot.commit, message, actions, replace: step === "replace" };
  try {
    await createCommit(writer, address, commit);
  } catch (error) {
    const isTaken =
      error instanceof GitLabError && error.status === 400 && /already exists/.test(error.message);
    if (!isTaken && !(error instanceof UnknownFate)) throw error;
    await requireOwn(topic, error, applying);
  }
}

async function requireUnmoved(name: string, planned: Branch | undefined, applying: Applying): Promise<void> {
  const now = await readBranch(name, applying);
  if (now !== undefined && now.commit.id !== planned?.commit.id) throw branchMoved(name);
}

/** After a commit that may have been there already, or may have arrived: is the branch what it should be? */
async function requireOwn(
  { branch, fingerprint }: Topic,
  cause: GitLabError,
  applying: Applying,
): Promise<void> {
  const now = await readBranch(branch, applying);
  if (now === undefined) throw cause;
  if (fingerprintOfCommit(now.commit) !== fingerprint) throw branchMoved(branch);
}

async function readBranch(name: string, { gitlab, address }: Applying): Promise<Branch | undefined> {
  try {
    return await getBranch(gitlab, address, name);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function branchMoved(branch: string): UserError {
  return new UserError("BUMP_BRANCH_MOVED", `the branch ${branch} was changed while this run was at work`, {
    hint: "nothing was overwritten; the next run looks again",
  });
}

/**
 * Whether a commit changes exactly what this run would write, byte for byte. A trailer can be copied by anyone who may push; a
 * merge that nobody looks at must not rest on it.
 */
export async function holdsExactly(commit: string, topic: Topic, applying: Applying): Promise<boolean> {
  const { gitlab, address } = applying;
  const [changed, actions] = await Promise.all([
    listChangedPaths(gitlab, address, commit),
    filesOf(topic, snapshotFor(topic, applying)),
  ]);
  if (changed.size !== actions.length || !actions.every(({ path }) => changed.has(path))) return false;
  for (const { action, path, text } of actions) {
    const file = await getFile(gitlab, address, { commit, path });
    const isSame = file !== undefined && blobId(Buffer.from(text), file.blob_id) === file.blob_id;
    if (action === "delete" ? file !== undefined : !isSame) return false;
  }
  return true;
}
