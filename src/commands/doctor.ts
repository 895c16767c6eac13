/** `artifacts doctor`: what works here, what does not, and the fix. Looks at everything, changes nothing. */
import { stat } from "node:fs/promises";
import { checkCaches } from "../doctor/caches.js";
import { type Finding, printFindings } from "../doctor/finding.js";
import { checkInstance, checkProxy } from "../doctor/instance.js";
import { checkExpiry } from "../doctor/lock.js";
import { askNix } from "../doctor/nix-facts.js";
import { judgeNix } from "../doctor/nix.js";
import { UserError, userErrorsOf } from "../errors.js";
import { instancesOf } from "../lock/instances.js";
import type { Lock } from "../lock/schema.js";
import { type Project, openProject, readProjectLock } from "../project.js";
import { checkLock } from "./check.js";
import { packageVersion } from "../version.js";
import type { CommandContext, Run } from "./command.js";
import { tokenStatus } from "./token-status.js";

export const run: Run<object> = async (_names, _options, context) => {
  const repository = await lookAtRepository(context);
  const findings = [
    checkNode(process.versions.node),
    ...(await checkNix(context, repository.lock)),
    ...repository.findings,
    ...(await checkInstances(context, repository)),
    ...(repository.project?.config.fetch === "proxy" && repository.lock !== undefined
      ? [await checkProxy(repository.project.config.proxy, packageVersion())]
      : []),
  ];
  const broken = findings.filter(({ state }) => state === "broken");
  return {
    data: { findings },
    text: printFindings(findings),
    errors: broken.map(
      ({ name, meaning, fix }) => new UserError("DOCTOR_BROKEN", `${name}: ${meaning}`, { hint: fix }),
    ),
  };
};

/** The oldest Node that `engines` of package.json allows. */
const OLDEST_NODE = [20, 18, 1] as const;

export function checkNode(version: string): Finding {
  const parts = version.split(".").map(Number);
  const first = OLDEST_NODE.findIndex((part, index) => parts[index] !== part);
  const newer = first === -1 || (parts[first] ?? 0) > (OLDEST_NODE[first] ?? 0);
  if (newer) return { name: "Node", state: "ok", meaning: version };
  const oldest = OLDEST_NODE.join(".");
  return {
    name: "Node",
    state: "broken",
    meaning: `${version} is too old`,
    fix: `install ${oldest} or newer`,
  };
}

async function checkNix({ env }: CommandContext, lock: Lock | undefined): Promise<Finding[]> {
  const facts = await askNix(env);
  const netrc = facts.settings.get("netrc-file");
  const findings = judgeNix(facts, {
    usesImpureEnv: Object.values(lock?.artifacts ?? {}).some(({ fetch }) => fetch === "impure-env"),
    netrcIsOpen: typeof netrc === "string" && (await isOpen(netrc)),
    isRoot: process.getuid?.() === 0,
  });
  return [...findings, ...(await checkCaches(facts.settings.get("substituters")))];
}

async function isOpen(file: string): Promise<boolean> {
  return stat(file).then(
    ({ mode, size }) => size > 0 && (mode & 0o004) !== 0,
    () => false,
  );
}

interface Repository {
  readonly project: Project | undefined;
  readonly lock: Lock | undefined;
  readonly findings: readonly Finding[];
}

async function lookAtRepository(context: CommandContext): Promise<Repository> {
  const nothing = { project: undefined, lock: undefined };
  try {
    const project = await openProject(context.cwd);
    const lock = await readProjectLock(project);
    if (Object.keys(lock.artifacts).length === 0) {
      const meaning = "nothing is locked here yet";
      return {
        project,
        lock: undefined,
        findings: [{ name: "Lock", state: "note", meaning, fix: "artifacts lock" }],
      };
    }
    return {
      project,
      lock,
      findings: [
        await checkConsistency(context),
        checkExpiry(lock, { now: new Date(), days: project.config.expiryWarningDays }),
      ],
    };
  } catch (error) {
    return { ...nothing, findings: [brokenBy("Repository", error)] };
  }
}

async function checkConsistency(context: CommandContext): Promise<Finding> {
  try {
    await checkLock(context);
    return { name: "Lock", state: "ok", meaning: "manifests, lock and generated files agree" };
  } catch (error) {
    return brokenBy("Lock", error);
  }
}

/** What is wrong, by its first problem. */
function brokenBy(name: string, error: unknown): Finding {
  const errors = userErrorsOf(error);
  const [first] = errors ?? [];
  if (errors === undefined || first === undefined) throw error;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  return {
    name,
    state: "broken",
    meaning: `${first.message.split("\n")[0] ?? ""}${more}`,
    fix: first.hint ?? "artifacts lock --check",
  };
}

/** Every instance that the lock or the configuration names. */
async function checkInstances(context: CommandContext, { project, lock }: Repository): Promise<Finding[]> {
  const locked = lock === undefined ? [] : instancesOf(lock);
  const configured = project?.config.gitlab === undefined ? [] : [project.config.gitlab];
  const instances = [...new Set([...configured, ...locked])];
  const findings = await Promise.all(instances.map((instance) => checkInstance(instance, Date.now)));
  const reached = instances.filter((_, index) => findings[index]?.[0]?.state === "ok");
  const tokens = await Promise.all(reached.map((instance) => checkToken(instance, context)));
  return [...findings.flat(), ...tokens];
}

async function checkToken(instance: string, context: CommandContext): Promise<Finding> {
  const name = `Token for ${new URL(instance).host}`;
  const status = await tokenStatus(instance, { ...context, confirm: undefined });
  const { source, problem, canReadArtifacts, kind, user, scopes, version } = status;
  const { fix = `artifacts auth login ${instance}` } = status;
  if (source === undefined && problem === undefined)
    return { name, state: "note", meaning: "there is none", fix };
  if (!canReadArtifacts)
    return { name, state: "broken", meaning: problem ?? "it cannot read artifacts", fix };
  const facts = [
    `${kind ?? "token"} from ${source ?? "?"}`,
    ...(user === undefined ? [] : [`of ${user}`]),
    ...(scopes === undefined ? [] : [`scopes ${scopes.join(" ")}`]),
    ...(version === undefined ? [] : [`for GitLab ${version}`]),
  ];
  const meaning = facts.join(", ");
  return problem === undefined
    ? { name, state: "ok", meaning }
    : { name, state: "warning", meaning: `${meaning}: ${problem}`, fix };
}
