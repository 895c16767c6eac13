/** Whether the locks are fit to be served, and the policy says something about them. */
import { relative } from "node:path";
import { EXPIRY_WARNING_DAYS } from "../config/load.js";
import type { Finding } from "../doctor/finding.js";
import { checkExpiry } from "../doctor/lock.js";
import { entriesOf } from "../lock/entry.js";
import { parseLockAddress } from "../proxy/lock-address.js";
import type { LockState } from "../proxy/locks.js";
import { concerns } from "../proxy/policy.js";
import type { CommandContext } from "./command.js";
import { looked } from "./looked.js";
import { openGitLab } from "./open-gitlab.js";
import { openAllLocks } from "./open-locks.js";
import type { ProxySettings } from "./proxy-settings.js";

export async function checkLocks({ files, instance }: ProxySettings, context: CommandContext) {
  const { cwd: directory } = context;
  const gitlab = openGitLab(context);
  const findings: Finding[] = [];
  const all: LockState[] = [];
  for (const file of files) {
    const name = `Lock ${parseLockAddress(file) === undefined ? relative(directory, file) : file}`;
    const finding = await looked(name, async () => {
      const only = { files: [file], cache: undefined, log: () => {} };
      const locks = await openAllLocks({ ...only, directory, instance, gitlab });
      locks.close();
      all.push(...locks.states());
      const problem = locks.states().find((state) => state.problem !== undefined)?.problem;
      if (problem !== undefined) return { state: "broken", meaning: problem.message, fix: "artifacts lock" };
      return { state: "ok", meaning: `${countOf(locks.states())} variants are locked` };
    });
    findings.push(finding);
  }
  await gitlab.close();
  const expiry = all.map(({ lock }) => checkExpiry(lock, { now: new Date(), days: EXPIRY_WARNING_DAYS }));
  return { states: all, locks: [...findings, ...expiry.filter(({ state }) => state !== "ok")] };
}

function countOf(states: readonly LockState[]): number {
  return states.reduce((sum, { lock }) => sum + entriesOf(lock).length, 0);
}

/** A policy that gives nobody anything is a mistake more often than not. */
export function checkPolicy({ policy }: ProxySettings, states: readonly LockState[]): Finding[] {
  if (policy === undefined) return [];
  const name = "Policy";
  const entries = states.flatMap(({ lock }) => entriesOf(lock));
  const unused = policy.filter(
    (rule) => entries.length > 0 && !entries.some((entry) => concerns(rule, entry)),
  );
  if (!policy.some(({ effect }) => effect === "allow")) {
    const fix = 'add a last rule: { name: "everything else", effect: "allow" }';
    return [{ name, state: "warning", meaning: "no rule allows anything, so everything is denied", fix }];
  }
  if (unused.length === 0) return [{ name, state: "ok", meaning: `${policy.length} rules` }];
  const names = unused.map((rule) => `"${rule.name}"`).join(", ");
  return [{ name, state: "warning", meaning: `nothing that is locked is concerned by ${names}` }];
}
