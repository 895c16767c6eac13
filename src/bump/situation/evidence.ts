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

/** What GitLab says, or why it does not. What is not known is not as any policy wants it. */
export type Told<T> = { readonly value: T } | { readonly unknown: string };

type Protection = "protected" | "not protected";

/** Of one job; undefined what no policy asks for. */
export interface Facts {
  readonly protection: Told<Protection> | undefined;
  readonly pipelineStatus: Told<string> | undefined;
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
      const [protection, status] = await Promise.all([
        protectedRefs === true ? questions.protection(entry, to) : undefined,
        pipelineStatus === undefined ? undefined : questions.pipelineStatus(entry, to),
      ]);
      return [to.url, { protection, pipelineStatus: status }];
    }),
  );
  const evidence = new Map<string, Facts>();
  for (const entry of await Promise.all(found)) {
    if (entry === undefined) continue;
    const [url, facts] = entry;
    const known = evidence.get(url);
    // What one rule does not ask for, another may.
    evidence.set(url, {
      protection: facts.protection ?? known?.protection,
      pipelineStatus: facts.pipelineStatus ?? known?.pipelineStatus,
    });
  }
  return evidence;
}

class Questions {
  readonly #gitlab: GitLab;
  readonly #answers = new Map<string, Promise<Told<unknown>>>();
  readonly #limit = pLimit(REQUESTS_AT_ONCE);

  constructor(gitlab: GitLab) {
    this.#gitlab = gitlab;
  }

  async protection(artifact: LockedArtifact, to: LockedVariant): Promise<Told<Protection>> {
    if ("mergeRequest" in artifact.ref) return { value: "not protected" }; // nothing protects the ref of a merge request
    const kind = await this.#kindOf(artifact, to);
    if ("unknown" in kind) return kind;
    const address = addressOf(artifact, to);
    const get = kind.value === "tag" ? getTag : getBranch;
    return this.#once([address, kind.value, to.ref], async () => {
      const found = await get(this.#gitlab, address, to.ref);
      return found.protected === true ? "protected" : "not protected";
    });
  }

  async pipelineStatus(artifact: LockedArtifact, to: LockedVariant): Promise<Told<string>> {
    const address = addressOf(artifact, to);
    const ask = async () => (await getPipeline(this.#gitlab, address, to.pipeline)).status;
    return this.#once([address, "pipeline", to.pipeline], ask);
  }

  /** What the pipeline ran for. */
  async #kindOf(artifact: LockedArtifact, to: LockedVariant): Promise<Told<"branch" | "tag">> {
    const { ref } = artifact;
    if ("branch" in ref) return { value: "branch" };
    if ("tag" in ref || "semver" in ref) return { value: "tag" };
    const address = addressOf(artifact, to);
    const ask = async () => ((await getJob(this.#gitlab, address, to.job)).tag ? "tag" : "branch");
    return this.#once([address, "job", to.job], ask);
  }

  /** That GitLab does not tell it, or does not answer, is an answer: other updates do not wait for it. */
  #once<T>(question: readonly unknown[], ask: () => Promise<T>): Promise<Told<T>> {
    const key = JSON.stringify(question);
    const known = this.#answers.get(key) as Promise<Told<T>> | undefined; // the key says which question it was
    const answer =
      known ??
      this.#limit(async () => ({ value: await ask() })).catch((error: unknown) => {
        if (error instanceof GitLabError) return { unknown: error.message };
        throw error;
      });
    this.#answers.set(key, answer);
    return answer;
  }
}

function addressOf({ gitlab }: LockedArtifact, { projectId }: LockedVariant): ProjectAddress {
  return { instance: gitlab, project: projectId };
}
