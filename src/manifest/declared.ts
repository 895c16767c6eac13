/**
 * Stage 1, manifest → `Declared`: what people asked for, read statically from TypeScript and validated.
 * This file is the stage's type and its order; `load.ts` makes it.
 */
import type { FetchMode, Form, Install, Ref, System } from "../artifact.js";
import type { Location } from "../errors.js";

/** One declared artifact with everything that the configuration supplies by default filled in. */
export interface Declared {
  readonly name: string;
  readonly description: string | undefined;
  /** Origin of the instance, with its path prefix if it has one, without a trailing slash. */
  readonly gitlab: string;
  /** Full path or numeric id, as written. */
  readonly project: string;
  readonly ref: Ref;
  readonly form: Form;
  readonly fetch: FetchMode;
  readonly install: Install;
  readonly license: string | undefined;
  /** Sorted, each once. */
  readonly groups: readonly string[];
  readonly variants: readonly DeclaredVariant[];
  readonly at: Location;
}

/** A declared artifact for one system, with the variables of that system filled in. */
export interface DeclaredVariant {
  readonly artifact: string;
  readonly system: System;
  readonly gitlab: string;
  readonly project: string;
  readonly ref: Ref;
  /** Name of the job; undefined only when `ref` names a job by id. */
  readonly jobName: string | undefined;
  /** One file of the archive; undefined means the whole artifacts.zip. */
  readonly file: string | undefined;
  readonly form: Form;
  /** Where each thing was written, for messages of later stages. */
  readonly at: {
    readonly project: Location;
    readonly ref: Location;
    readonly job: Location;
    readonly file: Location;
  };
}

/** The order of artifacts: of their names, by code unit. */
export function byName(a: Declared, b: Declared): number {
  return a.name < b.name ? -1 : 1;
}
