import type { GitLab } from "./gitlab/gitlab.js";
import type { Terminal } from "./terminal/terminal.js";

/** What every stage of a run is made with. */
export interface PipelineContext {
  readonly gitlab: GitLab;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** As in the configuration. */
  readonly maxUnpackedBytes?: number | undefined;
  /** As in the configuration. */
  readonly runnerStatements?: boolean | undefined;
}
