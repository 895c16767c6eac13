/** What Nix on this machine says about itself: version, daemon, and the settings that decide how artifacts come into the store. */
import { z } from "zod";
import { type Finished, runProgram } from "../program.js";

export interface NixFacts {
  /** "2.8.0"; undefined when there is no Nix. */
  readonly version: string | undefined;
  /** Of the daemon; undefined when there is none, or Nix is too old to tell. */
  readonly daemonVersion: string | undefined;
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
  const [ping, settings, machine] = await Promise.all([
    nix(...COMMANDS, "store", "ping"),
    askSettings(env),
    askSettings({ ...env, NIX_CONFIG: "", NIX_USER_CONF_FILES: "" }),
  ]);
  const said = `${ping?.stdout ?? ""}${ping?.stderr ?? ""}`;
  const [, daemonVersion] = /^Version: (\d\S*)/m.exec(said) ?? [];
  const [, trusted] = /^Trusted: (\d)/m.exec(said) ?? [];
  return {
    version,
    daemonVersion,
    storeProblem: ping?.code === 0 ? undefined : lastLine(said),
    trusted: trusted === undefined ? undefined : trusted === "1",
    settings,
    isLocal: /^Store URL: local/m.test(said),
    features: featuresOf(machine),
  };
}

const NOTHING = {
  daemonVersion: undefined,
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
