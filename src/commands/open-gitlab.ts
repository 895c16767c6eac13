/** The GitLab clients of a command, with the credentials that the user's environment offers. */
import { createGitLab } from "../gitlab/client.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { createGitLabWriter, type GitLabWriter } from "../gitlab/writer.js";
import type { CommandContext } from "./command.js";
import { openCredentials } from "./open-credentials.js";
import { watchTokens } from "./token-watch.js";

/** Closing it also learns when the tokens end that it sent. */
export function openGitLab(context: CommandContext): GitLab {
  const { terminal, patience } = context;
  const { credentials, learn } = watchTokens(openCredentials(context), context);
  const gitlab = createGitLab({
    ...patience,
    credentials,
    onRetry: ({ error, attempt, pauseMs }) =>
      terminal.detail(`attempt ${attempt} failed, next in ${pauseMs} ms: ${error.message}`),
  });
  return {
    ...gitlab,
    async close() {
      await gitlab.close();
      if (!context.signal.aborted) await learn();
    },
  };
}

/** For the commands that change something in GitLab. */
export function openGitLabWriter(context: CommandContext): GitLabWriter {
  return createGitLabWriter({ ...context.patience, credentials: openCredentials(context) });
}
