import type { Environment } from "./source.js";
import { SECRET_VARIABLES } from "./unbound.js";

/** The environment for a program that we start: all of ours but the tokens. */
export function withoutTokens(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_VARIABLES.includes(name)));
}
