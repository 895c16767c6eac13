/** The GitLab clients of a command, with the credentials that the user's environment offers. */
import { createGitLab } from "../gitlab/client.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { createGitLabWriter, type GitLabWriter } from "../gitlab/writer.js";
import type { CommandContext } from "./command.js";
import { openCredentials } from "./open-credentials.js";
import { type TokenWatch, watchTokens } from "./token-watch.js";

/**
 * Closing it also learns when the tokens end that it sent.
 *
 * @param tokens those it sends; for a command that has another use of them, too
 */
export function openGitLab(context: CommandContext, tokens: TokenWatch = openTokens(context)): GitLab {
  const { terminal, patience } = context;
  const { credentials, learn } = tokens;
  const gitlab = createGitLab({
    ...patience,
    credentials,
    signal: context.signal,
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

/** For the commands that change something in GitLab. One that also reads gives both clients the same tokens. */
export function openGitLabWriter(
  context: CommandContext,
  { credentials }: TokenWatch = openTokens(context),
): GitLabWriter {
  return createGitLabWriter({ ...context.patience, credentials, signal: context.signal });
}

/** The user's credentials, watched. */
export function openTokens(context: CommandContext): TokenWatch {
  return watchTokens(openCredentials(context), context);
}
