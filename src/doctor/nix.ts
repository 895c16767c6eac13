/** What the facts about Nix mean for artifacts. */
import { z } from "zod";
import { redact } from "../redact.js";
import type { Finding } from "./finding.js";
import { isAtLeast, judgeImpureEnv } from "./impure-env.js";
import type { NixFacts } from "./nix-facts.js";

export interface NixContext {
  /** Whether an artifact of this repository is fetched with `impure-env`. */
  readonly usesImpureEnv: boolean;
  /** Whether the file that `netrc-file` names is there and everybody can read it. */
  readonly netrcIsOpen: boolean;
  readonly isRoot: boolean;
}

export function judgeNix(facts: NixFacts, context: NixContext): Finding[] {
  const { version, settings } = facts;
  if (version === undefined) {
    return [
      {
        name: "Nix",
        state: "broken",
        meaning: "`nix` is not in PATH, so nothing can be built or fetched",
        fix: "install it from https://nixos.org/download, or on Debian and Ubuntu: sudo apt install nix-bin",
      },
    ];
  }
  const tooOld = !isAtLeast(version, [2, 8]);
  return [
    tooOld
      ? {
          name: "Nix",
          state: "warning",
          meaning: `${version} is older than what is tested`,
          fix: "install 2.8 or newer",
        }
      : { name: "Nix", state: "ok", meaning: version },
    judgeStore(facts, context),
    ...(settings.size === 0 ? [UNKNOWN_SETTINGS] : judgeSettings(facts, context)),
  ];
}

const UNKNOWN_SETTINGS: Finding = {
  name: "Nix settings",
  state: "unknown",
  meaning: "Nix does not print its settings",
};

function judgeStore({ storeProblem, version, daemonVersion }: NixFacts, { isRoot }: NixContext): Finding {
  const name = "Nix store";
  if (storeProblem !== undefined) {
    const fix = isRoot
      ? "look at `nix store ping`"
      : "sudo systemctl start nix-daemon, or look at `nix store ping`";
    return { name, state: "broken", meaning: `it does not answer: ${storeProblem}`, fix };
  }
  if (daemonVersion === undefined) return { name, state: "ok", meaning: "it answers" };
  if (daemonVersion === version)
    return { name, state: "ok", meaning: `its daemon answers: ${daemonVersion}` };
  return {
    name,
    state: "warning",
    meaning: `its daemon is Nix ${daemonVersion}, and \`nix\` here is ${version ?? "?"}: the daemon builds, so its version decides`,
    fix: "sudo systemctl restart nix-daemon, after an upgrade; else use the same Nix for both",
  };
}

function judgeSettings(facts: NixFacts, context: NixContext): Finding[] {
  const { settings, trusted } = facts;
  return [
    judgeSandbox(settings.get("sandbox")),
    judgeTrust(trusted, context),
    judgeList("Hashed mirrors", settings.get("hashed-mirrors")),
    judgeNetrc(settings.get("netrc-file"), context),
    ...(context.usesImpureEnv ? [judgeImpureEnv(facts).finding] : []),
  ];
}

function judgeSandbox(sandbox: unknown): Finding {
  if (sandbox === true || sandbox === "true")
    return { name: "Sandbox", state: "ok", meaning: "builds are isolated" };
  const meaning =
    sandbox === "relaxed"
      ? "derivations may ask not to be isolated"
      : "builds see the files and the environment of this machine";
  return { name: "Sandbox", state: "warning", meaning, fix: "put `sandbox = true` into /etc/nix/nix.conf" };
}

function judgeTrust(trusted: boolean | undefined, { isRoot }: NixContext): Finding {
  if (trusted === undefined && !isRoot) {
    return {
      name: "Trusted user",
      state: "unknown",
      meaning: "this Nix does not tell whether it trusts you",
    };
  }
  const meaning =
    (trusted ?? isRoot)
      ? "you are one: Nix takes settings from you"
      : "you are none: settings for mirrors and caches belong into /etc/nix/nix.conf";
  return { name: "Trusted user", state: "note", meaning };
}

function judgeList(name: string, value: unknown): Finding {
  const entries = z.array(z.string()).safeParse(value).data ?? [];
  // An address may hold user and password.
  const shown = entries.map((entry) => redact(entry));
  return { name, state: "note", meaning: shown.length === 0 ? "none" : shown.join(", ") };
}

function judgeNetrc(file: unknown, { netrcIsOpen }: NixContext): Finding {
  if (!netrcIsOpen) return { name: "Nix netrc", state: "ok", meaning: "no passwords lie open in it" };
  const path = String(file);
  return {
    name: "Nix netrc",
    state: "warning",
    meaning: `${path} can be read by every user of this machine`,
    fix: `sudo chmod 600 '${path}'`,
  };
}
