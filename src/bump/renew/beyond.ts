/** Versions beyond the range of a manifest: which of them are taken, and what the manifest must say for that. */
import { realpathSync } from "node:fs";
import { relative, sep } from "node:path";
import type { Ref } from "../../artifact.js";
import type { Bump } from "../../config/bump.js";
import type { Location } from "../../errors.js";
import type { Declared } from "../../manifest/declared.js";
import type { PipelineContext } from "../../pipeline-context.js";
import { resolveAll } from "../../pipeline.js";
import { excerpt } from "../../redact.js";
import type { ManifestEdit } from "./manifest-edit.js";
import { findNewer, tagsOnce, type Newer } from "./newer.js";
import { ruleOf } from "./rules.js";
import type { Snapshot } from "./snapshot.js";

/** A version that is wanted, but that the bot cannot take: plain data for reports. The texts are not escaped. */
export interface Held {
  readonly artifact: string;
  /** The branch whose manifest it is. */
  readonly target: string;
  readonly tag: string;
  readonly why: string;
}

export interface Beyond {
  /** All artifacts of the manifests, some of them with a new ref. */
  readonly declared: readonly Declared[];
  /** What the manifests must say for that, by artifact. */
  readonly edits: ReadonlyMap<string, ManifestEdit>;
  readonly held: readonly Held[];
}

export interface BeyondOptions {
  readonly snapshot: Snapshot;
  readonly bump: Bump;
  /** The branch that was read. */
  readonly target: string;
  /** Names of artifacts that must not be asked about. */
  readonly refused: ReadonlySet<string>;
}

/** Asks only for artifacts whose rule wants it. A new ref is taken when it resolves for all systems; else the old one stays. */
export async function reachBeyond(
  { snapshot, bump, target, refused }: BeyondOptions,
  context: PipelineContext,
): Promise<Beyond> {
  const tagsOf = tagsOnce(context.gitlab);
  const reached = await Promise.all(
    snapshot.declared.map(async (artifact): Promise<Reached> => {
      const rule = ruleOf(bump, artifact.name, target);
      const isWanted = rule.beyondRange && !rule.ignore && !refused.has(artifact.name);
      const newer = isWanted ? await findNewer(artifact, rule, tagsOf) : undefined;
      return newer === undefined
        ? { declared: artifact }
        : reach(artifact, newer, { snapshot, target, context });
    }),
  );
  return {
    declared: reached.map(({ declared }) => declared),
    edits: new Map(
      reached.flatMap(({ declared, edit }) => (edit === undefined ? [] : [[declared.name, edit]])),
    ),
    held: reached.flatMap(({ held }) => held ?? []),
  };
}

interface Reached {
  readonly declared: Declared;
  readonly edit?: ManifestEdit;
  readonly held?: Held;
}

interface Reaching {
  readonly snapshot: Snapshot;
  readonly target: string;
  readonly context: PipelineContext;
}

async function reach(
  artifact: Declared,
  { tag, field, value }: Newer,
  { snapshot, target, context }: Reaching,
): Promise<Reached> {
  const hold = (why: string): Reached => ({
    declared: artifact,
    held: { artifact: artifact.name, target, tag, why },
  });
  if (value === undefined)
    return hold("the range has several parts, so only a person can say what it should be");
  const edit = await editFor(artifact, { field, value }, snapshot);
  if (typeof edit === "string") return hold(edit);
  const declared = withRef(artifact, { field, value });
  const { failures } = await resolveAll(
    { declared: [declared], names: new Set([declared.name]), previous: snapshot.lock },
    context,
  );
  const [failure] = failures;
  return failure === undefined ? { declared, edit } : hold(failure.error.message);
}

/** The edit, or why there is none. */
async function editFor(
  artifact: Declared,
  { field, value }: Pick<ManifestEdit, "field" | "value">,
  { declared, project, read }: Snapshot,
): Promise<ManifestEdit | string> {
  const at = artifact.variants[0]?.at.ref;
  if (at === undefined) return "it has no systems";
  const others = declared.filter(
    ({ name, variants }) => name !== artifact.name && isSamePlace(variants[0]?.at.ref, at),
  );
  if (others.length > 0)
    return `its ref is shared with ${others
      .map(({ name }) => name)
      .slice(0, 3)
      .join(", ")}`;
  const path = relative(realpathSync(project.config.root), at.file).split(sep).join("/");
  const text = await read(path);
  if (text === undefined) return `${path} cannot be read`;
  const current =
    "semver" in artifact.ref ? artifact.ref.semver : "tag" in artifact.ref ? artifact.ref.tag : "";
  const { whyNotEditable } = await import("./manifest-edit.js");
  return (
    whyNotEditable(text, { name: artifact.at, ref: at, field, value: current }) ?? { path, at, field, value }
  );
}

function isSamePlace(a: Location | undefined, b: Location): boolean {
  return a?.file === b.file && a.line === b.line && a.column === b.column;
}

function withRef(
  artifact: Declared,
  { field, value }: Pick<ManifestEdit, "field"> & { readonly value: string },
): Declared {
  const ref: Ref = { ...artifact.ref, [field]: value } as Ref; // one text in place of another
  return { ...artifact, ref, variants: artifact.variants.map((variant) => ({ ...variant, ref })) };
}

/** One line for a terminal or a log. */
export function explainHeld({ artifact, tag, why }: Held): string {
  return `${artifact}: ${excerpt(tag)} is beyond its range, but not taken: ${excerpt(why)}`;
}
