/** `artifacts show`: where the locked bytes come from. Offline. */
import { openProject, readProjectLock, selectNames } from "../project.js";
import type { LockedArtifact, LockedVariant } from "../lock/schema.js";
import { formatBytes } from "../terminal/quantities.js";
import {
  commitFacts,
  linkFacts,
  linksOf,
  type Fact,
  protection,
  statementFacts,
} from "./describe-provenance.js";
import { describeRef } from "./describe-ref.js";
import type { Run } from "./command.js";
import { expiringAmong, expiringToJson, warnOfExpiring } from "./expiring.js";

export const run: Run<object> = async (given, _options, context) => {
  const project = await openProject(context.cwd);
  const lock = await readProjectLock(project);
  const names = selectNames(given, Object.keys(lock.artifacts), project.config.lock);
  const shown = Object.entries(lock.artifacts).filter(([name]) => names.has(name));
  const expiring = expiringAmong(lock, names, project.config);
  warnOfExpiring(expiring, context);
  return {
    data: {
      artifacts: Object.fromEntries(shown),
      links: allLinks(shown),
      expiring: expiring.map(expiringToJson),
    },
    text:
      shown.length === 0 ? "nothing is locked yet; run: artifacts lock" : shown.map(describe).join("\n\n"),
  };
};

function allLinks(shown: readonly [string, LockedArtifact][]): object {
  const links = shown.map(([name, artifact]) => {
    const systems = Object.entries(artifact.systems);
    return [name, Object.fromEntries(systems.map(([system, one]) => [system, linksOf(artifact, one)]))];
  });
  return Object.fromEntries(links);
}

function describe([name, artifact]: [string, LockedArtifact]): string {
  const variants = Object.entries(artifact.systems).flatMap(([system, variant]) => [
    `  ${system}`,
    ...factsOf(name, artifact, variant).map(([label, value]) => `    ${label.padEnd(9)}  ${value}`),
  ]);
  const title = artifact.description === undefined ? name : `${name}: ${artifact.description}`;
  return [title, ...variants].join("\n");
}

function factsOf(name: string, artifact: LockedArtifact, variant: LockedVariant): Fact[] {
  return [
    ["version", variant.version],
    ["project", `${variant.project} (id ${variant.projectId})`],
    [
      "built",
      `${variant.createdAt} by job ${variant.job} "${variant.jobName}" of pipeline ${variant.pipeline}`,
    ],
    ["from", `${variant.ref}${protection(variant)} at ${variant.commit}`],
    ...commitFacts(variant),
    ...linkFacts(linksOf(artifact, variant)),
    ...statementFacts(variant),
    ["chosen", choiceOf(name, artifact)],
    ["file", `${variant.file ?? "artifacts.zip"}, ${formatBytes(variant.size)}, as ${variant.form}`],
    ["hash", variant.hash],
    ["store", variant.storePath],
    ["expires", variant.expiresAt ?? "never"],
  ];
}

/** The rule, and who tells what it passes over: that is another answer each hour, so the lock does not have it. */
function choiceOf(name: string, { ref }: LockedArtifact): string {
  const rule = describeRef(ref);
  return "pipeline" in ref || "job" in ref
    ? rule
    : `${rule}; to see what it passes over, run: artifacts outdated ${name}`;
}
