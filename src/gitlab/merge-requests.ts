/** Merge requests of a project, and the notes on them. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { MergeRequest, MergeRequestDetail, Note, User } from "./forge-schema.js";
import { GitLabError } from "./gitlab-error.js";
import type { GitLab, Query } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { UnknownFate, type GitLabWriter } from "./writer.js";

/** GET `/projects/:id/merge_requests`, newest first. */
export function listMergeRequests(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  filter: Query,
): AsyncIterable<MergeRequest> {
  return gitlab.pages(instance, ["projects", project, "merge_requests"], MergeRequest, filter);
}

/** GET `/projects/:id/merge_requests/:iid`. */
export function getMergeRequest(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  iid: number,
): Promise<MergeRequestDetail> {
  return gitlab.get(instance, ["projects", project, "merge_requests", iid], MergeRequestDetail);
}

export interface NewMergeRequest {
  readonly source_branch: string;
  readonly target_branch: string;
  readonly title: string;
  readonly description: string;
  readonly labels: readonly string[];
  readonly assignee_ids: readonly number[];
  readonly reviewer_ids: readonly number[];
  readonly milestone_id: number | undefined;
  readonly squash: boolean | undefined;
  readonly remove_source_branch: true;
}

/** A branch that was just pushed is not seen at once by the part of GitLab that opens merge requests. */
const BRANCH_ATTEMPTS = 5;
const BRANCH_PAUSE_MS = 200;

/**
 * POST `/projects/:id/merge_requests`. Never opens a second one for a branch: GitLab refuses that with 409, and after an answer
 * that was lost the open ones are looked through before another try.
 *
 * @returns the new merge request, or the open one that the branch has
 */
export async function openMergeRequest(
  { gitlab, writer }: { readonly gitlab: GitLab; readonly writer: GitLabWriter },
  address: ProjectAddress,
  request: NewMergeRequest,
): Promise<MergeRequest> {
  const path = ["projects", address.project, "merge_requests"];
  for (let attempt = 1; ; attempt++) {
    try {
      return await writer.send(address.instance, {
        method: "POST",
        path,
        body: request,
        answer: MergeRequest,
        repeatable: false,
      });
    } catch (error) {
      if (!(error instanceof GitLabError)) throw error;
      const found = error.status === 409 || error instanceof UnknownFate ? await openOne() : undefined;
      if (found !== undefined) return found;
      const again = error instanceof UnknownFate || /source_branch.*does not exist/.test(error.message);
      if (!again || attempt === BRANCH_ATTEMPTS) throw error;
      await sleep(BRANCH_PAUSE_MS * attempt ** 2);
    }
  }

  async function openOne(): Promise<MergeRequest | undefined> {
    const { source_branch, target_branch } = request;
    const filter = { state: "opened", source_branch, target_branch };
    for await (const one of listMergeRequests(gitlab, address, filter)) return one;
    return undefined;
  }
}

export interface MergeRequestChanges {
  readonly title?: string;
  readonly description?: string;
  readonly state_event?: "close" | "reopen";
}

/** PUT `/projects/:id/merge_requests/:iid`. */
export function updateMergeRequest(
  writer: GitLabWriter,
  { instance, project }: ProjectAddress,
  { iid, changes }: { readonly iid: number; readonly changes: MergeRequestChanges },
): Promise<MergeRequest> {
  return writer.send(instance, {
    method: "PUT",
    path: ["projects", project, "merge_requests", iid],
    body: changes,
    answer: MergeRequest,
    repeatable: true,
  });
}

export interface Acceptance {
  readonly iid: number;
  /** The commit to merge: GitLab refuses when the branch has moved. */
  readonly sha: string;
}

/**
 * PUT `/projects/:id/merge_requests/:iid/merge`. After an answer that was lost it is looked up what became of it, and not asked again.
 *
 * @returns the merge request, merged
 */
export async function acceptMergeRequest(
  { gitlab, writer }: { readonly gitlab: GitLab; readonly writer: GitLabWriter },
  address: ProjectAddress,
  { iid, sha }: Acceptance,
): Promise<MergeRequest> {
  try {
    return await writer.send(address.instance, {
      method: "PUT",
      path: ["projects", address.project, "merge_requests", iid, "merge"],
      body: { sha, should_remove_source_branch: true },
      answer: MergeRequest,
      repeatable: false,
    });
  } catch (error) {
    if (!(error instanceof UnknownFate)) throw error;
    const now = await getMergeRequest(gitlab, address, iid);
    if (now.state === "merged") return now;
    throw error;
  }
}

/**
 * Says something on a merge request unless it was said before: a note with the same `key`, hidden in it as a comment, is enough.
 *
 * @param key of letters, digits, `:` and `-`
 * @returns whether a note was written
 */
export async function noteOnce(
  { gitlab, writer }: { readonly gitlab: GitLab; readonly writer: GitLabWriter },
  address: ProjectAddress,
  { iid, key, text }: { readonly iid: number; readonly key: string; readonly text: string },
): Promise<boolean> {
  const path = ["projects", address.project, "merge_requests", iid, "notes"];
  const mark = `<!-- artifacts-bump ${key} -->`;
  if (await isThere()) return false;
  const body = { body: `${text}\n\n${mark}` };
  try {
    await writer.send(address.instance, {
      method: "POST",
      path,
      body,
      answer: Note,
      repeatable: false,
    });
  } catch (error) {
    if (!(error instanceof UnknownFate) || !(await isThere())) throw error;
  }
  return true;

  async function isThere(): Promise<boolean> {
    for await (const note of gitlab.pages(address.instance, path, Note))
      if (note.body.includes(mark)) return true;
    return false;
  }
}

/** The id of a user, or undefined when the instance knows none of that name. */
export async function findUser(
  gitlab: GitLab,
  instance: string,
  username: string,
): Promise<number | undefined> {
  const users = await gitlab.get(instance, ["users"], z.array(User), { username });
  return users.find((user) => user.username.toLowerCase() === username.toLowerCase())?.id;
}
