/**
 * What people and bots work with in a simulated project: its repository, merge requests, notes and issues.
 */
import type { Project } from "./model.js";
import { Repository } from "./repository.js";
import type { Clock } from "./state.js";

export interface Note {
  readonly id: number;
  readonly body: string;
  readonly author: string;
  readonly createdAt: Date;
}

export interface MergeRequest {
  readonly id: number;
  readonly iid: number;
  readonly author: string;
  readonly createdAt: Date;
  readonly sourceBranch: string;
  readonly notes: Note[];
  targetBranch: string;
  title: string;
  description: string;
  state: "opened" | "closed" | "merged";
  labels: readonly string[];
  assignees: readonly string[];
  reviewers: readonly string[];
  milestone: Milestone | undefined;
  squash: boolean;
  /** Merged by GitLab itself, on a merge train; a push to the source branch ends that. */
  onTrain: boolean;
  removeSourceBranch: boolean;
  /** Head of the source branch; stays when the branch is deleted. */
  sha: string;
  updatedAt: Date;
  mergedAt: Date | undefined;
  mergeCommit: string | undefined;
  /** Reads that still say `checking`. */
  checksLeft: number;
}

export interface Milestone {
  readonly id: number;
  readonly title: string;
  readonly state: "active" | "closed";
  /** Of a group above the project. */
  readonly ofGroup: boolean;
}

export interface Issue {
  readonly iid: number;
  readonly author: string;
  title: string;
  description: string;
  labels: readonly string[];
  state: "opened" | "closed";
  readonly createdAt: Date;
}

export class Forge {
  readonly project: Project;
  readonly repository: Repository;
  /** In order of their numbers. */
  readonly mergeRequests: MergeRequest[] = [];
  readonly issues: Issue[] = [];
  readonly milestones: Milestone[] = [];
  /** Names of the users whom the instance knows, besides those of tokens. */
  readonly users = new Set<string>();
  readonly #now: Clock;
  #ids = 0;

  constructor(project: Project, now: Clock) {
    this.project = project;
    this.repository = new Repository(now);
    this.#now = now;
  }

  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  openMergeRequest(
    given: Pick<MergeRequest, "author" | "sourceBranch" | "targetBranch" | "title"> &
      Partial<Omit<MergeRequest, "id" | "iid" | "notes">>,
    checks: number,
  ): MergeRequest {
    const request: MergeRequest = {
      description: "",
      labels: [],
      assignees: [],
      reviewers: [],
      milestone: undefined,
      squash: false,
      onTrain: false,
      removeSourceBranch: false,
      ...given,
      id: 5000 + this.nextId(),
      iid: this.mergeRequests.length + 1,
      createdAt: this.#now(),
      updatedAt: this.#now(),
      notes: [],
      state: "opened",
      sha: this.headOf(given.sourceBranch) ?? "",
      mergedAt: undefined,
      mergeCommit: undefined,
      checksLeft: checks,
    };
    this.mergeRequests.push(request);
    return request;
  }

  addNote(request: MergeRequest, author: string, body: string): Note {
    const note = { id: this.nextId(), body, author, createdAt: this.#now() };
    request.notes.push(note);
    return note;
  }

  headOf(branch: string): string | undefined {
    return this.repository.branches.get(branch);
  }

  /** Open merge requests follow their branch, and mergeability is worked out anew. */
  branchMoved(branch: string, checks: number): void {
    for (const request of this.mergeRequests) {
      const concerned = [request.sourceBranch, request.targetBranch].includes(branch);
      if (request.state !== "opened" || !concerned) continue;
      const head = this.headOf(request.sourceBranch) ?? request.sha;
      if (head !== request.sha) request.onTrain = false;
      request.sha = head;
      request.checksLeft = checks;
    }
  }
}

const forges = new WeakMap<Project, Forge>();

/** The forge of a project, empty at first. */
export function forgeOf(project: Project, now: Clock): Forge {
  const forge = forges.get(project) ?? new Forge(project, now);
  forges.set(project, forge);
  return forge;
}
