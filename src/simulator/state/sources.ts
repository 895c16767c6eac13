/**
 * Which pipelines say something about the state of their ref. GitLab's `Enums::Ci::Pipeline.ci_sources`.
 */
import { Source } from "./input.js";

const DANGLING: ReadonlySet<Source> = new Set<Source>([
  "webide",
  "parent_pipeline",
  "ondemand_dast_scan",
  "ondemand_dast_validation",
  "security_orchestration_policy",
  "container_registry_push",
  "duo_workflow",
  "pipeline_execution_policy_schedule",
]);

/** Sources of pipelines that may be the latest of their ref. */
export const CI_SOURCES: ReadonlySet<Source> = new Set(
  Source.options.filter((source) => !DANGLING.has(source)),
);
