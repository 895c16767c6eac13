/** One artifact as written → `Declared`: defaults applied, and a variant with its variables filled in for each system. */
import { type FetchMode, RelativePath } from "../artifact.js";
import { Collector } from "../evaluate/collector.js";
import type { Evaluated, Path } from "../evaluate/evaluated.js";
import { valueText } from "../evaluate/value-text.js";
import { type Location, UserError } from "../errors.js";
import type { Declared, DeclaredVariant } from "./declared.js";
import { fillTemplate, type Variables } from "./fill-template.js";
import type { ManifestArtifact } from "./schema.js";

/** What the configuration says for artifacts that do not say it themselves. */
export interface Defaults {
  /** Base URL without a trailing slash. */
  readonly gitlab: string | undefined;
  readonly fetch: FetchMode;
}

/** Where the artifact stands. */
export interface Written {
  readonly evaluated: Evaluated;
  /** Of the artifact in the file's default export. */
  readonly path: Path;
}

/** @throws UserError or UserErrors: GITLAB_MISSING, UNKNOWN_VARIABLE, UNBALANCED_BRACE, INVALID_VALUE */
export function declare(artifact: ManifestArtifact, written: Written, defaults: Defaults): Declared {
  const errors = new Collector();
  const gitlab = artifact.gitlab ?? defaults.gitlab;
  if (gitlab === undefined) errors.add(gitlabMissing(artifact, locationIn(written)));
  const shared = {
    gitlab: gitlab ?? "",
    project: String(artifact.project),
    ref: artifact.ref,
    form: artifact.form ?? "file",
  } as const;
  const at = placesOf(written);
  const variants = Object.entries(systemsOf(artifact)).flatMap(([system, values]) => {
    const filled = errors.attempt(() => fillNames(artifact, at, { system, values }));
    return filled === undefined ? [] : [{ artifact: artifact.name, system, ...shared, ...filled, at }];
  });
  errors.throwIfAny();
  return {
    ...shared,
    name: artifact.name,
    description: artifact.description,
    fetch: artifact.fetch ?? defaults.fetch,
    install: artifact.install ?? { kind: "none" },
    license: artifact.license,
    groups: [...new Set(artifact.groups)].sort(),
    variants,
    at: locationIn(written, "name"),
  };
}

type Values = Readonly<Record<string, string | number>>;

function systemsOf({ systems }: ManifestArtifact): Readonly<Record<string, Values>> {
  return systems === "any" ? { any: {} } : systems;
}

/** The same for all variants. */
function placesOf(written: Written): DeclaredVariant["at"] {
  return {
    project: locationIn(written, "project"),
    ref: locationIn(written, "ref"),
    job: locationIn(written, "job"),
    file: locationIn(written, "file"),
  };
}

function fillNames(
  { job, file }: ManifestArtifact,
  at: DeclaredVariant["at"],
  { system, values }: { system: string; values: Values },
): Pick<DeclaredVariant, "jobName" | "file"> {
  const variables = {
    values: new Map(Object.entries(values).map(([name, value]) => [name, String(value)])),
    system: system === "any" ? '"any"' : system,
  };
  const errors = new Collector();
  const jobName = errors.attempt(() => fillJob(job, { ...variables, at: at.job }));
  const path = errors.attempt(() => fillFile(file, { ...variables, at: at.file }));
  errors.throwIfAny();
  return { jobName, file: path };
}

/** GitLab keeps at most 255 characters (column `ci_builds.name`). */
function fillJob(template: string | undefined, variables: Variables): string | undefined {
  if (template === undefined) return undefined;
  const name = fillTemplate(template, variables);
  if (name !== "" && name.length <= 255 && !/\p{Cc}/u.test(name)) return name;
  const expected = "expected 1 to 255 characters without control characters";
  throw filledWrongly(`job is ${valueText(name)}`, expected, variables);
}

function fillFile(template: string | undefined, variables: Variables): string | undefined {
  if (template === undefined) return undefined;
  const path = fillTemplate(template, variables);
  const [problem] = RelativePath.safeParse(path).error?.issues ?? [];
  if (problem === undefined) return path;
  throw filledWrongly(`file is ${valueText(path)}`, problem.message, variables);
}

function filledWrongly(what: string, expected: string, { system, at }: Variables): UserError {
  return new UserError("INVALID_VALUE", `${what} for ${system}, ${expected}`, {
    hint: "correct it, or the variables of the system",
    at,
  });
}

function gitlabMissing({ name }: ManifestArtifact, at: Location): UserError {
  return new UserError("GITLAB_MISSING", `no GitLab instance is known for ${name}`, {
    hint: 'add gitlab: "https://gitlab.example.com" to artifacts.config.ts, or to the artifact',
    at,
  });
}

function locationIn({ evaluated, path }: Written, ...field: readonly string[]): Location {
  return evaluated.locate([...path, ...field]);
}
