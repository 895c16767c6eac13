/** In a command that runs until it is stopped: asks about its tokens at the start and once a day, and tells whose end is near. */
import { DAY_MS, type EndingSoon, endingSoon, readTokenEnds } from "../credentials/token-ends.js";
import { SYSTEM_CLOCK } from "./clock.js";
import type { CommandContext } from "./command.js";
import type { TokenWatch } from "./token-watch.js";

export interface Daily {
  readonly tokens: TokenWatch;
  /** Base URLs of the instances that are asked with our own tokens, as of now. */
  readonly instances: () => readonly string[];
  readonly tell: (end: EndingSoon) => void;
}

/** Returns when the command is stopped; never throws. */
export async function tellTokenEndsDaily(
  { tokens, instances, tell }: Daily,
  { env, signal, clock = SYSTEM_CLOCK }: Pick<CommandContext, "env" | "signal" | "clock">,
): Promise<void> {
  while (!signal.aborted) {
    for (const instance of instances()) await use(tokens, instance);
    await tokens.learn();
    for (const end of endingSoon(await readTokenEnds(env), clock.now())) tell(end);
    await clock.pause(DAY_MS, signal);
  }
}

/** What stands in the way of a token is told to the request that needs it. */
async function use({ credentials }: TokenWatch, instance: string): Promise<void> {
  await credentials.for(new URL(`${instance}/api/v4/projects`)).catch(() => undefined);
}
