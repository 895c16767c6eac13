/** The GitLab client of a command, with the credentials that the user's environment offers. */
import { createGitLab } from "../gitlab/client.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { CommandContext } from "./command.js";
import { openCredentials } from "./open-credentials.js";

export function openGitLab(context: CommandContext): GitLab {
  const { terminal, patience } = context;
  return createGitLab({
    ...patience,
    credentials: openCredentials(context),
    onRetry: ({ error, attempt, pauseMs }) =>
      terminal.detail(`attempt ${attempt} failed, next in ${pauseMs} ms: ${error.message}`),
  });
}
