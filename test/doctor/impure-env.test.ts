/** What the daemon does with impure-env is said before anybody relies on it. */
import { expect, test } from "vitest";
import { FEATURE, judgeImpureEnv } from "../../src/doctor/impure-env.js";
import type { NixFacts } from "../../src/doctor/nix-facts.js";

const READY: NixFacts = {
  version: "2.26.3",
  daemonVersion: undefined,
  storeProblem: undefined,
  trusted: true,
  settings: new Map(),
  isLocal: false,
  features: [FEATURE],
};

test.each<[string, Partial<NixFacts>, string, RegExp, RegExp]>([
  ["a daemon that is ready", {}, "setting", /every fixed-output derivation/, /^$/],
  [
    "a daemon that does not say whom it trusts",
    { trusted: undefined },
    "setting",
    /hands the variable/,
    /^$/,
  ],
  ["no daemon", { isLocal: true, version: "2.8.0", features: [] }, "environment", /no daemon/, /^$/],
  ["a Nix that is too old", { version: "2.18.9" }, "ignored", /2\.18\.9 is older than 2\.19/, /upgrade/],
  [
    "a daemon that is too old",
    { daemonVersion: "2.18.1" },
    "ignored",
    /2\.18\.1 is older than 2\.19/,
    /upgrade/,
  ],
  ["the feature off", { features: ["flakes"] }, "ignored", /feature is off/, /extra-experimental-features/],
  ["a user whom nobody trusts", { trusted: false }, "ignored", /trusted users only/, /need no trust/],
  ["no Nix", { version: undefined }, "ignored", /there is no Nix/, /install/],
])("%s", (_, facts, way, meaning, fix) => {
  const judged = judgeImpureEnv({ ...READY, ...facts });
  expect(judged).toMatchObject({ way, finding: { state: way === "ignored" ? "broken" : "ok" } });
  expect(judged.finding.meaning).toMatch(meaning);
  expect(judged.finding.fix ?? "").toMatch(fix);
});
