/** `artifacts lock --check`: do lock and generated files say what the manifests say? Offline; for CI. */
import { isDeepStrictEqual } from "node:util";
import { throwAll, UserError } from "../errors.js";
import type { Lock, LockedArtifact } from "../lock/schema.js";
import type { Declared, DeclaredVariant } from "../manifest/declared.js";
import { typeCheck } from "../manifest/type-check.js";
import { checkOutput } from "../output.js";
import { openDeclaredProject, readProjectLock } from "../project.js";
import type { CommandContext, CommandResult } from "./command.js";

/** @throws UserErrors with everything that does not fit */
export async function checkLock({ cwd }: CommandContext): Promise<CommandResult> {
  const project = await openDeclaredProject(cwd);
  const lock = await readProjectLock(project);
  throwAll([
    ...(await typeCheck(project.sources)),
    ...compareWithLock(project.declared, lock),
    ...(await checkOutput(project, lock)),
  ]);
  return { data: { upToDate: true }, text: "lock and generated files match the manifests" };
}

function compareWithLock(declared: readonly Declared[], lock: Lock): UserError[] {
  const missing = declared.flatMap((artifact) => {
    const locked = lock.artifacts[artifact.name];
    const problem = locked === undefined ? "is not locked" : whatDiffers(artifact, locked);
    return problem === undefined ? [] : [outdated(artifact.name, problem, artifact)];
  });
  const names = new Set(declared.map(({ name }) => name));
  const removed = Object.keys(lock.artifacts).filter((name) => !names.has(name));
  return [...missing, ...removed.map((name) => outdated(name, "is locked, but no manifest declares it"))];
}

function outdated(name: string, problem: string, artifact?: Declared): UserError {
  const hint = artifact === undefined ? "run: artifacts lock" : `run: artifacts lock ${name}`;
  return new UserError("LOCK_OUTDATED", `${name} ${problem}`, { at: artifact?.at, hint });
}

function whatDiffers(artifact: Declared, locked: LockedArtifact): string | undefined {
  const facts = ["description", "gitlab", "project", "ref", "fetch", "install", "license"] as const;
  const fact = facts.find((one) => !isDeepStrictEqual(artifact[one], locked[one]));
  if (fact !== undefined) return `is locked with another ${fact}`;
  if (!isDeepStrictEqual(artifact.groups, locked.groups ?? [])) return "is locked with other groups";
  const systems = artifact.variants.map(({ system }) => system).sort();
  if (!isDeepStrictEqual(systems, Object.keys(locked.systems).sort())) {
    return `is locked for other systems: ${Object.keys(locked.systems).join(", ")}`;
  }
  const variant = artifact.variants.find((one) => variantDiffers(one, locked));
  return variant === undefined ? undefined : `is locked with another job, file or form for ${variant.system}`;
}

function variantDiffers(
  { system, jobName, file, form }: DeclaredVariant,
  { systems }: LockedArtifact,
): boolean {
  const locked = systems[system];
  if (locked === undefined) return true;
  const sameJob = jobName === undefined || jobName === locked.jobName;
  return !sameJob || (file ?? null) !== locked.file || form !== locked.form;
}
