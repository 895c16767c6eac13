/** Nix on this machine: version, daemon, and the settings that decide how artifacts come into the store. */
import { z } from "zod";
import { type Finished, runProgram } from "../program.js";
import type { Finding } from "./finding.js";
import { isAtLeast, judgeImpureEnv } from "./impure-env.js";

export interface NixFacts {
  /** "2.8.0"; undefined when there is no Nix. */
  readonly version: string | undefined;
  /** What the store said when it was not to be reached; undefined when it was. */
  readonly storeProblem: string | undefined;
  /** Whether the daemon trusts this user; undefined when Nix is too old to tell. */
  readonly trusted: boolean | undefined;
  readonly settings: ReadonlyMap<string, unknown>;
  /** Whether Nix works on the store itself, without a daemon. */
  readonly isLocal: boolean;
  /** Experimental features of the machine's own configuration: what a user adds, the daemon does not have. */
  readonly features: readonly string[];
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;
const COMMANDS = ["--extra-experimental-features", "nix-command"];
const Settings = z.record(z.string(), z.object({ value: z.unknown() }));

/** What Nix may see of the environment: no token of GitLab has a name like these. */
const PASSED_ON = /^(PATH|HOME|USER|NIX_(?!ARTIFACTS_)[A-Z_]+|XDG_[A-Z_]+)$/;

/** Asks Nix. @param environment of the process; what Nix has no business with is not passed on */
export async function askNix(environment: Env): Promise<NixFacts> {
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_ON.test(name)));
  const nix = (...args: string[]) => ask(env, args);
  const [, version] = /(\d+\.\d+(?:\.\d+)?)/.exec((await nix("--version"))?.stdout ?? "") ?? [];
  if (version === undefined) {
    return { version, ...NOTHING };
  }
  const ping = await nix(...COMMANDS, "store", "ping");
  const said = `${ping?.stdout ?? ""}${ping?.stderr ?? ""}`;
  const [, trusted] = /^Trusted: (\d)/m.exec(said) ?? [];
  return {
    version,
    storeProblem: ping?.code === 0 ? undefined : lastLine(said),
    trusted: trusted === undefined ? undefined : trusted === "1",
    settings: await askSettings(env),
    isLocal: /^Store URL: local/m.test(said),
    features: featuresOf(await askSettings({ ...env, NIX_CONFIG: "", NIX_USER_CONF_FILES: "" })),
  };
}

const NOTHING = {
  storeProblem: undefined,
  trusted: undefined,
  settings: new Map<string, unknown>(),
  isLocal: false,
  features: [],
};

type Env = Readonly<Record<string, string | undefined>>;

function ask(env: Env, args: readonly string[]): Promise<Finished | undefined> {
  return runProgram("nix", args, { env, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
}

/** `nix config show` since 2.20; before that `nix show-config`. */
async function askSettings(env: Env): Promise<ReadonlyMap<string, unknown>> {
  for (const words of [["config", "show"], ["show-config"]]) {
    const shown = await ask(env, [...COMMANDS, ...words, "--json"]);
    if (shown?.code === 0) return settingsOf(shown.stdout);
  }
  return new Map();
}

function featuresOf(settings: ReadonlyMap<string, unknown>): readonly string[] {
  return z.array(z.string()).safeParse(settings.get("experimental-features")).data ?? [];
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 200) || "it said nothing";
}

function settingsOf(text: string): ReadonlyMap<string, unknown> {
  try {
    const parsed = Settings.safeParse(JSON.parse(text));
    return new Map(Object.entries(parsed.data ?? {}).map(([name, { value }]) => [name, value]));
  } catch {
    return new Map();
  }
}

export interface NixContext {
  /** Whether an artifact of this repository is fetched with `impure-env`. */
  readonly usesImpureEnv: boolean;
  /** Whether the file that `netrc-file` names is there and everybody can read it. */
  readonly netrcIsOpen: boolean;
  readonly isRoot: boolean;
}

/** What the facts mean. */
export function judgeNix(facts: NixFacts, context: NixContext): Finding[] {
  const { version, storeProblem, settings } = facts;
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
    judgeStore(storeProblem, context),
    ...(settings.size === 0 ? [UNKNOWN_SETTINGS] : judgeSettings(facts, context)),
  ];
}

const UNKNOWN_SETTINGS: Finding = {
  name: "Nix settings",
  state: "unknown",
  meaning: "Nix does not print its settings",
};

function judgeStore(problem: string | undefined, { isRoot }: NixContext): Finding {
  if (problem === undefined) return { name: "Nix store", state: "ok", meaning: "it answers" };
  const fix = isRoot
    ? "look at `nix store ping`"
    : "sudo systemctl start nix-daemon, or look at `nix store ping`";
  return { name: "Nix store", state: "broken", meaning: `it does not answer: ${problem}`, fix };
}

function judgeSettings(facts: NixFacts, context: NixContext): Finding[] {
  const { settings, trusted } = facts;
  return [
    judgeSandbox(settings.get("sandbox")),
    judgeTrust(trusted, context),
    judgeList("Substituters", settings.get("substituters")),
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
  const shown = entries.map((entry) => entry.replace(/\/\/[^/@]*@/, "//[secret]@"));
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
