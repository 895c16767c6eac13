/** Who may have what of that which is locked: the rules of the operator, before anything else is asked. Pure. */
import { matches } from "../config/pattern.js";
import type { ProxyCaller, ProxyRule } from "../config/proxy-rule.js";
import { UserError } from "../errors.js";
import type { LockedEntry } from "../lock/entry.js";
import type { Found } from "./locked-index.js";

/** Who asks, as far as it is known at the listener. */
export type Caller = { readonly kind: "machine" } | { readonly kind: "token" } | CiJob | CertificateBearer;

/** A CI job, as GitLab's signature vouches for it. */
export interface CiJob {
  readonly kind: "job";
  /** Full path of its project. */
  readonly project: string;
  /** Branch or tag. */
  readonly ref: string;
  readonly isProtected: boolean;
  readonly id: string;
  readonly audiences: readonly string[];
}

/** Who has the key of a client certificate, as its authority vouches for it. */
export interface CertificateBearer {
  readonly kind: "certificate";
  /** CN of the subject: none, one, or by mistake several. */
  readonly commonNames: readonly string[];
  /** Alternative names with their kind: `DNS:host`, `URI:spiffe://…`, `email:…`. */
  readonly names: readonly string[];
}

const LONGEST_NAME = 200;

/** For the operator's log. */
export function nameOf(caller: Caller): string {
  switch (caller.kind) {
    case "job":
      return `job ${caller.id} of ${caller.project}@${caller.ref}`;
    case "certificate":
      return `certificate ${caller.names[0] ?? `CN:${caller.commonNames.join()}`}`.slice(0, LONGEST_NAME);
    default:
      return caller.kind;
  }
}

/** The code of the error of this file. */
const DENIED = "DENIED";
/** In place of a rule's name, where none fits. */
const NO_RULE = "no rule allows it";

/** It names the rule to the operator; whoever asked must not see it. */
export class PolicyDenial extends UserError {
  readonly rule: string;

  constructor({ artifact }: LockedEntry, rule: string) {
    super(DENIED, `${artifact} is denied by the policy: ${rule}`);
    this.rule = rule;
  }
}

/**
 * Those of `entries`, which are of the same bytes, that the caller may have. Of the rules, the first that fits decides; what none
 * allows is denied.
 *
 * @param rules undefined: everybody may have everything
 * @throws PolicyDenial of the first entry when they may have none of them
 */
export function permitted(
  rules: readonly ProxyRule[] | undefined,
  caller: Caller,
  entries: Found["entries"],
): Found["entries"] {
  if (rules === undefined) return entries;
  const decided = entries.map((entry) => ({ entry, rule: decide(rules, caller, entry) }));
  const [first, ...others] = decided.filter(({ rule }) => rule?.effect === "allow").map(({ entry }) => entry);
  if (first === undefined) throw new PolicyDenial(entries[0], decided[0]?.rule?.name ?? NO_RULE);
  return [first, ...others];
}

/** Whether it matters to the rules from which project something is. */
export function judgesProjects(rules: readonly ProxyRule[] | undefined): boolean {
  return rules?.some(({ projects }) => projects !== undefined) === true;
}

function decide(rules: readonly ProxyRule[], caller: Caller, entry: LockedEntry): ProxyRule | undefined {
  return rules.find(
    (rule) =>
      concerns(rule, entry) &&
      (rule.callers === undefined || rule.callers.some((one) => isCaller(one, caller))),
  );
}

/** Whether a rule speaks of an artifact at all, whoever asks. */
export function concerns({ artifacts, projects }: ProxyRule, { artifact, variant }: LockedEntry): boolean {
  return fits(artifacts, artifact) && fits(projects, variant.project);
}

function fits(patterns: readonly string[] | undefined, name: string): boolean {
  return patterns === undefined || patterns.some((pattern) => matches(pattern, name));
}

type AskedOf<Kind> = Extract<ProxyCaller, { readonly kind: Kind }>;

function isCaller(asked: ProxyCaller, caller: Caller): boolean {
  if (asked.kind === "job" && caller.kind === "job") return isJob(asked, caller);
  if (asked.kind === "certificate" && caller.kind === "certificate") {
    return fitsAny(asked.names, caller.names) && fitsAny(asked.commonNames, caller.commonNames);
  }
  return asked.kind === caller.kind;
}

function fitsAny(patterns: readonly string[] | undefined, names: readonly string[]): boolean {
  return patterns === undefined || names.some((name) => fits(patterns, name));
}

function isJob({ projects, refs, protectedRefs, audiences }: AskedOf<"job">, caller: CiJob): boolean {
  return (
    fits(projects, caller.project) &&
    fits(refs, caller.ref) &&
    (protectedRefs !== true || caller.isProtected) &&
    (audiences === undefined || caller.audiences.some((one) => audiences.includes(one)))
  );
}
