/** The GitLab client of a command, with the credentials that the user's environment offers. */
import { findCredentials } from "../credentials/find-credentials.js";
import { createGitLab } from "../gitlab/client.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { CommandContext } from "./command.js";

export async function openGitLab({ env, tokenFile, terminal }: CommandContext): Promise<GitLab> {
  const credentials = await findCredentials({ env, tokenFile });
  return createGitLab({ credentials, onRetry: (message: string) => terminal.detail(message) });
}
