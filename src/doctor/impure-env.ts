/**
 * What Nix here does with a variable for `impure-env` derivations. Source: Nix manual, "Advanced attributes" (`impureEnvVars`) and
 * nix.conf `impure-env`: without a daemon a build gets the variables from the client; with one, from the daemon's environment, or
 * from the setting of a trusted client where the experimental feature is on.
 */
import type { Finding } from "./finding.js";
import type { NixFacts } from "./nix-facts.js";

export const FEATURE = "configurable-impure-env";

/** How a build comes to the variable. */
export type ImpureEnvWay =
  /** There is no daemon: it is in the environment of the command. */
  | "environment"
  /** In the setting `impure-env`. */
  | "setting"
  /** It does not; Nix says nothing about it. */
  | "ignored";

export interface ImpureEnv {
  readonly way: ImpureEnvWay;
  readonly finding: Finding;
}

/** @param facts with the features of the machine's own configuration, which is the daemon's */
export function judgeImpureEnv(facts: NixFacts): ImpureEnv {
  const { isLocal, trusted, features } = facts;
  const version = facts.daemonVersion ?? facts.version;
  const name = "impure-env";
  const ignored = (meaning: string, fix: string): ImpureEnv => ({
    way: "ignored",
    finding: { name, state: "broken", meaning, fix },
  });
  if (version === undefined) return ignored("there is no Nix", "install Nix: https://nixos.org/download");
  if (isLocal) {
    const meaning = "there is no daemon: builds get the variable from the environment of the command";
    return { way: "environment", finding: { name, state: "ok", meaning } };
  }
  if (!isAtLeast(version, [2, 19])) {
    return ignored(
      `the daemon ignores it without a word: Nix ${version} is older than 2.19`,
      "upgrade Nix, or choose `proxy` or `require`",
    );
  }
  if (!features.includes(FEATURE)) {
    return ignored(
      "the daemon ignores it without a word: the experimental feature is off",
      `put \`extra-experimental-features = ${FEATURE}\` into /etc/nix/nix.conf and restart the daemon; or choose \`proxy\` or \`require\``,
    );
  }
  if (trusted === false) {
    return ignored(
      "the daemon ignores it without a word: it takes the setting from trusted users only, and you are none",
      "choose `proxy` or `require`, which need no trust",
    );
  }
  const meaning =
    "the daemon hands the variable to every fixed-output derivation of the command that names it";
  return { way: "setting", finding: { name, state: "ok", meaning } };
}

/** Whether `version` ("2.26.3") is `least` or newer. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, oursMinor = 0] = version.split(".").map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}
