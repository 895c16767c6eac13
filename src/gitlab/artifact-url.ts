import { encodeSegment } from "./api-url.js";

/** The job whose artifact is meant. */
export interface JobAddress {
  /** Base URL of the instance, without a trailing slash. */
  readonly instance: string;
  readonly projectId: number;
  readonly job: number;
}

/**
 * The API URL of a job's artifacts archive, or of one file in it. Ids never change hands and the bytes of a job never change,
 * so this URL means the same bytes for ever (GitLab documentation, "Job artifacts API").
 *
 * @param file path inside the archive; undefined means the whole archive
 */
export function artifactUrl({ instance, projectId, job }: JobAddress, file: string | undefined): string {
  const archive = `${instance}/api/v4/projects/${projectId}/jobs/${job}/artifacts`;
  if (file === undefined) return archive;
  return `${archive}/${file.split("/").map(encodeSegment).join("/")}`;
}
