import { describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type { WrittenConfig } from "../src/config/schema.js";
import { type Artifact, type Config, defineArtifact, defineArtifacts, defineConfig } from "../src/index.js";
import type { ManifestArtifact } from "../src/manifest/schema.js";

/** What can be written of a public type: without the fields that only exclude others, and with arrays that zod can type. */
type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { [K in keyof T as [Exclude<T[K], undefined>] extends [never] ? never : K]: Writable<T[K]> }
    : T;

describe("the public types", () => {
  test("are those of the schemas", () => {
    expectTypeOf<Writable<Artifact>>().toEqualTypeOf<Writable<z.input<typeof ManifestArtifact>>>();
    expectTypeOf<Writable<Config>>().toEqualTypeOf<Writable<z.input<typeof WrittenConfig>>>();
  });

  test("allow exactly one form of ref", () => {
    expectTypeOf<{ branch: string }>().toExtend<Artifact["ref"]>();
    expectTypeOf<{ tag: string; tagPrefix: string }>().toExtend<Artifact["ref"]>();
    expectTypeOf<{ branch: string; tag: string }>().not.toExtend<Artifact["ref"]>();
    expectTypeOf<{ branch: string; tagPrefix: string }>().not.toExtend<Artifact["ref"]>();
    expectTypeOf<{ semver: string; tagPrefix: string; prereleases: true }>().toExtend<Artifact["ref"]>();
    expectTypeOf<{ mergeRequest: number; minimumReleaseAge: string }>().toExtend<Artifact["ref"]>();
    expectTypeOf<{ branch: string; prereleases: true }>().not.toExtend<Artifact["ref"]>();
    expectTypeOf<{ mergeRequest: number; protectedOnly: true }>().not.toExtend<Artifact["ref"]>();
    expectTypeOf<{ job: number; minimumReleaseAge: string }>().not.toExtend<Artifact["ref"]>();
    expectTypeOf<{ pipeline: number; job: number }>().not.toExtend<Artifact["ref"]>();
  });
});

describe("the define functions", () => {
  test("give back what they get", () => {
    const artifact: Artifact = { name: "a", project: 1, ref: { job: 1 }, systems: "any" };
    expect(defineArtifact(artifact)).toBe(artifact);
    const artifacts = [artifact];
    expect(defineArtifacts(artifacts)).toBe(artifacts);
    const config: Config = { namespace: null };
    expect(defineConfig(config)).toBe(config);
  });
});
