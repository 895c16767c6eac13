import { UserError } from "../errors.js";
import type { Previous } from "./as-locked.js";
import type { Search } from "./search.js";

/** A project as GitLab knows it now. */
interface Identity {
  readonly id: number;
  readonly path: string;
}

/**
 * Warns about a project that has moved: its old path works only until somebody else takes it.
 *
 * @throws UserError at the project when the same declaration was locked from a project of another id. Whoever takes a path
 * that became free would otherwise decide what is locked.
 */
export function checkIdentity(
  now: Identity,
  previous: Previous | undefined,
  { variant, warn }: Search,
): void {
  const { project, gitlab } = variant;
  const sameDeclaration = previous?.artifact.project === project && previous.artifact.gitlab === gitlab;
  if (sameDeclaration && previous.variant.projectId !== now.id) {
    throw new UserError(
      "RESOLVE_PROJECT_REPLACED",
      `"${project}" was the project with the id ${previous.variant.projectId} when it was locked; now another project, ${now.id}, is at this path.`,
      {
        at: variant.at.project,
        hint: `find out where the old project went; if the new one is right, write project: ${now.id}`,
      },
    );
  }
  const isPath = !/^\d+$/.test(project);
  if (isPath && project.toLowerCase() !== now.path.toLowerCase()) {
    warn(
      `The project ${project} has moved to ${now.path}; write project: "${now.path}", or its id ${now.id}.`,
    );
  }
}
