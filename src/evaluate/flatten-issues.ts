/** zod reports what is wrong with each option of a union; a person meant one of them. This finds which. */
import type { z } from "zod";

export type Issue = z.core.$ZodIssue;
type UnionIssue = z.core.$ZodIssueInvalidUnion;

/** The same problems with each union replaced by the problems of the option that was meant, where one can be told. */
export function flattenIssues(issues: readonly Issue[]): readonly Issue[] {
  return issues.flatMap((issue) => {
    const meant = issue.code === "invalid_union" ? meantOption(issue) : undefined;
    if (meant === undefined) return [issue];
    return flattenIssues(meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  });
}

/** The option of the right kind with the fewest problems, if there is exactly one. */
function meantOption(issue: UnionIssue): readonly Issue[] | undefined {
  const ofRightKind = issue.errors.filter((problems) => !problems.some(isOfWrongKind));
  const fewest = Math.min(...ofRightKind.map((problems) => problems.length));
  const [meant, ...others] = ofRightKind.filter((problems) => problems.length === fewest);
  return others.length === 0 ? meant : undefined;
}

function isOfWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}
