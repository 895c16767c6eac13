/**
 * What a 404 means. The status does not tell: there are seven different ones, and they differ by spelling only.
 *
 * Sources: GitLab `lib/api/helpers.rb`, `lib/api/api.rb` (unknown route), Workhorse `internal/artifacts` and `internal/sendfile`
 * (Go's own 404).
 */
import { type Asked, whoHint } from "./asked.js";
import type { Diagnosis } from "./diagnosis.js";
import { ErrorBody } from "./schema.js";

export function notFound(asked: Asked, text: string): Diagnosis {
  const body = ErrorBody.safeParse(text).data;
  if (body?.error === "404 Not Found") {
    return {
      code: "GITLAB_UNKNOWN_ROUTE",
      meaning: "this GitLab does not know the API route",
      hint: `is ${asked.first.origin} the base URL of a GitLab instance?`,
    };
  }
  if (body !== undefined) return recordNotFound(body.message, whoHint(asked));
  if (asked.bytes && text.trim() === "404 page not found") return missingBytes(asked);
  return {
    code: "GITLAB_UNEXPECTED_ANSWER",
    meaning: "not an answer of GitLab's API",
    hint: `is ${asked.first.origin} the base URL of a GitLab instance?`,
  };
}

/** Workhorse says it in Go's words, as other programs do of routes that they do not know. */
function missingBytes({ first: { pathname } }: Asked): Diagnosis {
  if (pathname.includes("/artifacts/")) {
    return { code: "GITLAB_FILE_NOT_FOUND", meaning: "the archive does not hold this file" };
  }
  return {
    code: "GITLAB_ARTIFACTS_NOT_FOUND",
    meaning: "the archive is not where GitLab keeps it",
    hint: "the administrators of the instance must look at its storage; or run the job again in GitLab",
  };
}

function recordNotFound(message: string | undefined, hint: string): Diagnosis {
  switch (message) {
    case "404 Project Not Found":
      return {
        code: "GITLAB_PROJECT_NOT_FOUND",
        meaning: "there is no such project, or this caller may not see it",
        hint,
      };
    case "404 Job Not Found":
      return { code: "GITLAB_JOB_NOT_FOUND", meaning: "there is no such job", hint };
    // The file helper of the artifact routes spells it with a capital F, the generic rescue of missing records without.
    case "404 Not Found":
    case "404 Artifacts Not Found":
      return {
        code: "GITLAB_ARTIFACTS_NOT_FOUND",
        meaning: "the job has no artifacts, or they have expired or were erased",
        hint: "run `artifacts lock` to take those of a newer job, or run the job again in GitLab",
      };
    case "404 Path Not Found":
      return { code: "GITLAB_FILE_NOT_FOUND", meaning: "the archive does not hold this path", hint };
    default:
      return { code: "GITLAB_NOT_FOUND", meaning: "there is no such record", hint };
  }
}
