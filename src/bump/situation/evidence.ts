/** What GitLab must be asked before a policy can judge an update: each thing once, and nothing that no policy wants to know. */
import pLimit from "p-limit";
import type { Bump } from "../../config/bump.js";
import { GitLabError } from "../../gitlab/gitlab-error.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import { getJob } from "../../gitlab/jobs.js";
import { getPipeline } from "../../gitlab/pipelines.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import { getBranch, getTag } from "../../gitlab/tags.js";
import type { LockedArtifact, LockedVariant } from "../../lock/schema.js";
import { ruleOf } from "../renew/rules.js";
import type { Topic } from "../renew/topic.js";

/** Of one job. What GitLab does not tell this token is undefined, and then not as any policy wants it. */
export interface Facts {
  readonly isProtected: boolean | undefined;
  readonly pipelineStatus: string | undefined;
}

/** Facts by the URL of the bytes, which names instance and job. */
export type Evidence = ReadonlyMap<string, Facts>;

const REQUESTS_AT_ONCE = 16;

export async function gatherEvidence(
  gitlab: GitLab,
  topics: readonly Topic[],
  bump: Bump,
): Promise<Evidence> {
  const questions = new Questions(gitlab);
  const found = topics.flatMap(({ changes, lock, target }) =>
    changes.map(async ({ artifact, to }): Promise<[string, Facts] | undefined> => {
      const entry = lock.artifacts[artifact];
      if (to === undefined || entry === undefined) return undefined;
      const { protectedRefs, pipelineStatus } = ruleOf(bump, artifact, target).policy;
      const [isProtected, status] = await Promise.all([
        protectedRefs === true ? questions.isProtected(entry, to) : undefined,
        pipelineStatus === undefined ? undefined : questions.pipelineStatus(entry, to),
      ]);
      return [to.url, { isProtected, pipelineStatus: status }];
    }),
  );
  const evidence = new Map<string, Facts>();
  for (const entry of await Promise.all(found)) {
    if (entry === undefined) continue;
    const [url, facts] = entry;
    const known = evidence.get(url);
    // What one rule does not ask for, another may.
    evidence.set(url, {
      isProtected: facts.isProtected ?? known?.isProtected,
      pipelineStatus: facts.pipelineStatus ?? known?.pipelineStatus,
    });
  }
  return evidence;
}

class Questions {
  readonly #gitlab: GitLab;
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #limit = pLimit(REQUESTS_AT_ONCE);

  constructor(gitlab: GitLab) {
    this.#gitlab = gitlab;
  }

  async isProtected(artifact: LockedArtifact, to: LockedVariant): Promise<boolean | undefined> {
    const kind = await this.#kindOf(artifact, to);
    if (kind === undefined) return undefined;
    const address = addressOf(artifact, to);
    const get = kind === "tag" ? getTag : getBranch;
    const found = await this.#once([address, kind, to.ref], () => get(this.#gitlab, address, to.ref));
    return found?.protected === true;
  }

  async pipelineStatus(artifact: LockedArtifact, to: LockedVariant): Promise<string | undefined> {
    const address = addressOf(artifact, to);
    const ask = () => getPipeline(this.#gitlab, address, to.pipeline);
    return (await this.#once([address, "pipeline", to.pipeline], ask))?.status;
  }

  /** Whether the pipeline ran for a branch or a tag; undefined for a merge request, whose ref nothing protects. */
  async #kindOf(artifact: LockedArtifact, to: LockedVariant): Promise<"branch" | "tag" | undefined> {
    const { ref } = artifact;
    if ("mergeRequest" in ref) return undefined;
    if ("branch" in ref) return "branch";
    if ("tag" in ref || "semver" in ref) return "tag";
    const address = addressOf(artifact, to);
    const job = await this.#once([address, "job", to.job], () => getJob(this.#gitlab, address, to.job));
    return job && (job.tag ? "tag" : "branch");
  }

  /** What GitLab refuses to tell is not known, which is an answer. */
  #once<T>(question: readonly unknown[], ask: () => Promise<T>): Promise<T | undefined> {
    const key = JSON.stringify(question);
    const known = this.#answers.get(key) as Promise<T | undefined> | undefined; // the key says which question it was
    const answer =
      known ??
      this.#limit(ask).catch((error: unknown) => {
        if (error instanceof GitLabError) return undefined;
        throw error;
      });
    this.#answers.set(key, answer);
    return answer;
  }
}

function addressOf({ gitlab }: LockedArtifact, { projectId }: LockedVariant): ProjectAddress {
  return { instance: gitlab, project: projectId };
}
