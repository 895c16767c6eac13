/** The commands that ask GitLab something, each with the request that a fault can hit. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asOfChange } from "../faults/as-of-change.js";
import type { FaultRow } from "../faults/fault-row.js";
import { loginWithToken } from "./login-places.js";
import { EXPIRES, type Outcome, outcomeOf, type World } from "./world.js";

/** Where a fault can hit a command. */
export interface Place {
  readonly name: string;
  /** What the API requests that it hits contain. */
  readonly path: string;
  /** Their method; GET by default. */
  readonly method?: "GET" | "POST";
  /** What a fault is there, and how it is told, where that is not as in a question. */
  readonly as?: (row: FaultRow) => FaultRow;
  readonly meets: readonly FaultRow["spoils"][];
  readonly run: (world: World) => Promise<Outcome>;
  /** Whether something is locked before. */
  readonly locked: boolean;
  /** Fields of the declaration that are other than usual. */
  readonly declares?: object;
  /** Names of faults that mean nothing to it. */
  readonly except?: readonly string[];
  /** It pauses before it asks. */
  readonly pauses?: boolean;
  /** What it asks for is given once: an answer that is lost on the way is not to be had again. */
  readonly once?: boolean;
  /** The code of its errors, whatever is behind them. */
  readonly ownCode?: string;
  /** It is told a token, and looks for no other. */
  readonly ownToken?: boolean;
}

const QUESTION = { meets: ["request", "json"] } as const;
/** A good token may be forbidden to ask about itself. */
const OWN_TOKEN = {
  ...QUESTION,
  path: "/api/v4/user",
  locked: false,
  except: ["403", "403 for a scope that is missing", "403 for a job whose project was not let in"],
} as const;

export const QUESTIONS: readonly Place[] = [
  { name: "lock, resolving", path: "/pipelines?", locked: false, ...QUESTION, run: lock },
  { name: "lock, reading jobs", path: "/jobs?", locked: false, ...QUESTION, run: lock },
  {
    name: "lock --keep",
    path: "/artifacts/keep",
    method: "POST",
    as: asOfChange,
    locked: true,
    ...QUESTION,
    run: keep,
  },
  { name: "outdated", path: "/pipelines?", locked: true, ...QUESTION, run: command("outdated") },
];

/** What is asked only for some declarations. */
export const ROUTES: readonly Place[] = [
  {
    name: "outdated, reading child pipelines",
    path: "/bridges",
    locked: false,
    declares: { job: "package" },
    ...QUESTION,
    // There the route has another name.
    except: ["404 for a route of a newer GitLab"],
    as: asOfChildren,
    run: outdatedWithChildren,
  },
  {
    name: "outdated, reading tags",
    path: "/repository/tags?",
    locked: false,
    declares: { ref: { semver: "*" } },
    ...QUESTION,
    run: command("outdated"),
  },
  {
    name: "outdated, reading a protected branch",
    path: "/repository/branches/main",
    locked: false,
    declares: { ref: { branch: "main", protectedOnly: true } },
    ...QUESTION,
    except: ["404 for a record"], // a branch that is not there
    run: command("outdated"),
  },
];

/** What cannot be read is told, and the search goes on with the same token where that is any good. */
function asOfChildren(row: FaultRow): FaultRow {
  return row.passes ? row : { ...row, codes: [...row.codes, "RESOLVE_NO_JOB", "CREDENTIALS_REFUSED"] };
}

async function outdatedWithChildren(world: World): Promise<Outcome> {
  const before = world.shown().length;
  const { errors, said } = await outcomeOf(world, "outdated");
  const warnings = world
    .shown()
    .slice(before)
    .split("\n")
    .filter((line) => line.startsWith("warning"));
  return { errors, said: [said, ...warnings].join("\n") };
}

export const BOT: readonly Place[] = [
  {
    name: "bump --dry-run",
    path: "/repository/branches/",
    locked: true,
    ...QUESTION,
    run: command("bump", { dryRun: true, project: ["platform/acme"] }),
  },
  {
    name: "bump --dry-run, reading files",
    path: "/repository/tree",
    locked: true,
    ...QUESTION,
    except: ["404 for a record"], // a folder that is not there
    run: command("bump", { dryRun: true, project: ["platform/acme"] }),
  },
  {
    name: "bump --dry-run, reading merge requests",
    path: "/merge_requests?",
    locked: true,
    ...QUESTION,
    except: ["JSON without fields", "JSON with null in place of values"], // the list is empty
    run: command("bump", { dryRun: true, project: ["platform/acme"] }),
  },
];

export const TOKENS: readonly Place[] = [
  {
    name: "auth login --with-token",
    path: "/api/v4/user",
    locked: false,
    ...QUESTION,
    run: loginWithToken,
    ownToken: true,
  },
  {
    name: "auth status",
    ...OWN_TOKEN,
    run: command("auth-status", { check: true }),
    ownCode: "CREDENTIALS_UNUSABLE",
  },
  { name: "doctor", ...OWN_TOKEN, run: command("doctor"), ownCode: "DOCTOR_BROKEN" },
  { name: "proxy --check", ...OWN_TOKEN, locked: true, run: checkProxy, ownCode: "PROXY_NOT_FIT" },
];

export function command(name: string, options: object = {}): Place["run"] {
  return (world) => outcomeOf(world, name, { options });
}

/** Always as if for the first time. */
export async function lock(world: World): Promise<Outcome> {
  const outcome = await outcomeOf(world, "lock");
  if (outcome.errors.length === 0) {
    for (const written of ["artifacts.lock.json", "nix"])
      rmSync(join(world.cwd, written), { recursive: true });
  }
  return outcome;
}

/** Always as if nobody had kept it, whatever came of the run before. */
async function keep(world: World): Promise<Outcome> {
  const lockfile = join(world.cwd, "artifacts.lock.json");
  const before = readFileSync(lockfile);
  for (const { artifacts } of world.gitlab.state.jobs.values()) {
    if (artifacts !== undefined) artifacts.expireAt = new Date(EXPIRES);
  }
  const outcome = await outcomeOf(world, "lock", { options: { keep: true } });
  if (outcome.errors.length === 0) writeFileSync(lockfile, before);
  return outcome;
}

/** Of a proxy that has its own token. */
function checkProxy(world: World): Promise<Outcome> {
  const options = { check: true, listen: ["127.0.0.1:0"], cache: mkdtempSync(join(tmpdir(), "proxy-")) };
  return outcomeOf(world, "proxy", { options });
}
