import { UserError } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import { declaredAddress, type Search } from "./search.js";

/**
 * Fails unless GitLab protects the branch or tag: whoever may push to it may then also decide what is locked.
 *
 * @throws UserError at the ref
 */
export async function requireProtected(
  kind: "branch" | "tag",
  name: string,
  { variant, inquiry }: Search,
): Promise<void> {
  const found = inquiry.isProtected(declaredAddress(variant), kind, name);
  const isProtected = await found.catch((error: unknown) => {
    if (error instanceof GitLabError && error.code === "GITLAB_NOT_FOUND") return undefined;
    throw error;
  });
  if (isProtected === true) return;
  const what =
    isProtected === undefined ? `has no ${kind} "${name}"` : `does not protect the ${kind} "${name}"`;
  throw new UserError("RESOLVE_NOT_PROTECTED", `The project ${variant.project} ${what}.`, {
    at: variant.at.ref,
    hint:
      isProtected === undefined
        ? `check the name of the ${kind}`
        : `protect it under Settings > Repository in GitLab, or leave out protectedOnly`,
  });
}
