/** The instance that a command about credentials works on: named by the person, never by the repository. */
import { originOfHost } from "../credentials/origin.js";
import { UserError } from "../errors.js";
import type { CommandContext } from "./command.js";

/**
 * Base URL without a trailing slash: of the argument, else of GITLAB_HOST.
 *
 * @throws UserError when neither names one, or names it over plain http on another machine
 */
export function chosenInstance(given: string | undefined, env: CommandContext["env"]): string {
  const value = given ?? env["GITLAB_HOST"];
  if (value === undefined || value === "") {
    throw new UserError("NO_INSTANCE", "which GitLab? Name its base URL, or export GITLAB_HOST", {
      exitCode: 2,
      hint: "for example: artifacts auth login https://gitlab.example.com",
    });
  }
  const origin = originOfHost(value, given === undefined ? "GITLAB_HOST" : "the argument");
  const path = URL.canParse(value) ? new URL(value).pathname.replace(/\/+$/, "") : "";
  return origin.origin + (/^https?:/i.test(value) ? path : "");
}
