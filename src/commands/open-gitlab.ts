/** The GitLab client of a command, with the credentials that the user's environment offers. */
import { findCredentials } from "../credentials/find-credentials.js";
import { createGitLab } from "../gitlab/client.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { CommandContext } from "./command.js";

export function openGitLab({ env, tokenFile, terminal }: CommandContext): GitLab {
  return createGitLab({
    credentials: findCredentials({ env, tokenFile }),
    onRetry: ({ error, attempt, pauseMs }) =>
      terminal.detail(`attempt ${attempt} failed, next in ${pauseMs} ms: ${error.message}`),
  });
}
