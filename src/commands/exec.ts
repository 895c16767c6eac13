/** `artifacts exec -- CMD`: run CMD with what derivations of fetch mode `impure-env` need to download by themselves. */
import type { Credential } from "../credentials/credentials.js";
import { type BoundHeader, IMPURE_ENV_VARIABLE, impureEnvValue } from "../credentials/impure-env.js";
import { FEATURE, type ImpureEnvWay, judgeImpureEnv } from "../doctor/impure-env.js";
import { askNix } from "../doctor/nix-facts.js";
import { UserError } from "../errors.js";
import type { Lock } from "../lock/schema.js";
import { runInForeground } from "../program.js";
import { openProject, readProjectLock } from "../project.js";
import type { CommandContext, Run } from "./command.js";
import { openCredentials } from "./open-credentials.js";

/** Said before each run: what the person gives away, and what would not. */
const SAFER =
  'with impure-env, every build of this command that names the variable can read the token; with `fetch: "proxy"` or "require" no build can';

export const run: Run<object> = async ([program = "", ...args], _options, context) => {
  const instances = impureInstances(await readProjectLock(await openProject(context.cwd)));
  const way = await announce(instances, context);
  const env = way === "ignored" ? context.env : await withTokens(way, instances, context);
  const { cwd, signal, programOutput: stdout = "stdout" } = context;
  const exitCode = await runInForeground(program, args, { env, cwd, signal, stdout });
  if (exitCode === undefined)
    throw new UserError("NO_SUCH_PROGRAM", `there is no program ${program}`, { exitCode: 2 });
  return { data: { instances, way, exitCode }, text: "", exitCode };
};

/** Base URLs of the instances that builds are to download from by themselves. */
function impureInstances(lock: Lock): readonly string[] {
  const impure = Object.values(lock.artifacts).filter(({ fetch }) => fetch === "impure-env");
  return [...new Set(impure.map(({ gitlab }) => gitlab))];
}

/** Says what will come of the tokens. */
async function announce(
  instances: readonly string[],
  { env, terminal }: CommandContext,
): Promise<ImpureEnvWay> {
  if (instances.length === 0) {
    terminal.warn("no artifact here is fetched with impure-env, so the command gets no token");
    return "ignored";
  }
  const { way, finding } = judgeImpureEnv(await askNix(env));
  if (way === "ignored") {
    terminal.warn(
      `${finding.meaning}, so the command gets no token. Fix: ${finding.fix ?? "artifacts doctor"}`,
    );
  } else {
    terminal.log(`impure-env: ${finding.meaning}`);
    terminal.warn(SAFER);
  }
  return way;
}

/** The environment with a token for each of `instances`. It never stands on a command line, which everybody can read. */
async function withTokens(
  way: Exclude<ImpureEnvWay, "ignored">,
  instances: readonly string[],
  context: CommandContext,
): Promise<Readonly<Record<string, string | undefined>>> {
  const credentials = openCredentials(context);
  const headers: BoundHeader[] = [];
  for (const instance of instances) {
    const credential = await credentials.for(new URL(`${instance}/api/v4/projects`));
    if (credential === undefined) throw noCredential(instance);
    headers.push(boundHeader(instance, credential));
  }
  const { env } = context;
  const value = impureEnvValue(headers);
  if (way === "environment") return { ...env, [IMPURE_ENV_VARIABLE]: value };
  // The feature goes first: Nix reads line by line and drops a setting whose feature is not on yet.
  const lines = [
    env["NIX_CONFIG"] ?? "",
    `extra-experimental-features = ${FEATURE}`,
    `extra-impure-env = ${IMPURE_ENV_VARIABLE}=${value}`,
  ];
  return { ...env, NIX_CONFIG: lines.filter((line) => line !== "").join("\n") };
}

function boundHeader(instance: string, { headers, source }: Credential): BoundHeader {
  const [header, ...more] = Object.entries(headers);
  if (header !== undefined && more.length === 0) {
    return { origin: new URL(instance).origin, name: header[0], value: header[1] };
  }
  throw new UserError(
    "IMPURE_ENV_SEVERAL_HEADERS",
    `${source} sends several headers to ${instance}, and a build of impure-env can send one`,
    { hint: "fetch with `proxy` or `require`" },
  );
}

function noCredential(instance: string): UserError {
  return new UserError(
    "EXEC_NO_CREDENTIAL",
    `there is no token for ${instance}, and artifacts are fetched from there`,
    {
      hint: `artifacts auth login ${instance}; \`artifacts auth status\` shows what there is`,
    },
  );
}
