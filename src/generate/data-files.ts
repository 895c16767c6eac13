/**
 * Which file holds which artifact.
 *
 * Up to a thousand artifacts each has a file of its own. Beyond, opening the files would take longer than reading them, so that
 * artifacts share 128, chosen by their names: a new artifact moves no other, and one is read with few others.
 */
import { hash } from "node:crypto";
import type { LockedArtifact } from "../lock/schema.js";
import { artifactData, provenanceData } from "./artifact-data.js";
import type { GeneratedFile } from "./generated-file.js";
import { printJson, type JsonObject } from "../print-json.js";
import { GENERATED_BY } from "./templates/generated-file.js";

const MOST_FILES_OF_THEIR_OWN = 1_000;
const SHARED_FILES = 128;

/** Where the member of each name is kept, in `artifacts/` and in `provenance/`. */
export function dataFileNames(names: readonly string[]): ReadonlyMap<string, string> {
  const fileOf = names.length > MOST_FILES_OF_THEIR_OWN ? sharedFile : (name: string) => name;
  return new Map(names.map((name) => [name, `${fileOf(name)}.json`]));
}

function sharedFile(name: string): string {
  const [first = 0] = hash("sha256", name, "buffer");
  return (first % SHARED_FILES).toString(16).padStart(2, "0");
}

/** The files of all artifacts, which are in order of their names. */
export function dataFiles(
  artifacts: readonly [string, LockedArtifact][],
  fileNames: ReadonlyMap<string, string>,
): GeneratedFile[] {
  const membersOf = new Map<string, string[]>();
  const add = (path: string, name: string, data: JsonObject) => {
    const members = membersOf.get(path) ?? [`  "//": ${printJson(GENERATED_BY)}`];
    members.push(`  ${printJson(name)}: ${printJson(data, 2)}`);
    membersOf.set(path, members);
  };
  for (const [name, artifact] of artifacts) {
    const file = fileNames.get(name) ?? "";
    add(`artifacts/${file}`, name, artifactData(artifact));
    add(`provenance/${file}`, name, provenanceData(artifact));
  }
  return [...membersOf].map(([path, members]) => ({ path, text: `{\n${members.join(",\n")}\n}\n` }));
}
