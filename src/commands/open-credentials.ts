/** The credentials of a command: those that the user's environment and files offer. */
import type { Credentials } from "../credentials/credentials.js";
import { findCredentials } from "../credentials/find-credentials.js";
import { changeSettings } from "../credentials/settings.js";
import type { CommandContext } from "./command.js";

export function openCredentials({ env, tokenFile, terminal, confirm }: CommandContext): Credentials {
  return findCredentials({
    env,
    tokenFile,
    warn: (message) => terminal.warn(message),
    confirm: confirm === undefined ? undefined : askOnce(confirm, { env, terminal }),
  });
}

/** Asks about each origin once, however many requests wait for it, and remembers a yes in the user's settings. */
function askOnce(
  confirm: NonNullable<CommandContext["confirm"]>,
  { env, terminal }: Pick<CommandContext, "env" | "terminal">,
): (source: string, origin: URL) => Promise<boolean> {
  const answers = new Map<string, Promise<boolean>>();
  return (source, origin) => {
    const known = answers.get(origin.origin);
    if (known !== undefined) return known;
    const answer = ask(source, origin);
    answers.set(origin.origin, answer);
    return answer;
  };

  async function ask(source: string, origin: URL): Promise<boolean> {
    const question = `Nothing outside this repository says that the token from ${source} belongs to ${origin.origin}. Send it there, now and from now on?`;
    terminal.clear();
    const yes = await confirm(question);
    if (yes) await changeSettings(env, origin, { trusted: true });
    return yes;
  }
}
