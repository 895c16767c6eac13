/** The manifest as people write it. `src/index.ts` has the same as types, with a comment for each field. */
import { z } from "zod";
import {
  ArtifactName,
  FetchMode,
  Form,
  GroupName,
  Install,
  License,
  Ref,
  System,
  Text,
} from "../artifact.js";
import { serviceUrl } from "./service-url.js";

/** Output: without a trailing slash. */
export const GitLabUrl = serviceUrl('the address of a GitLab instance, such as "https://gitlab.example.com"');

/** GitLab's rule for paths (lib/gitlab/path_regex.rb): letters, digits, `_`, `-` and `.`, and no part begins with `-`. */
const ProjectPath = z
  .string()
  .regex(
    /^(?!\.{1,2}\/)[A-Za-z0-9_.][A-Za-z0-9_.-]*(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$/,
    'expected a full project path such as "group/project": parts of letters, digits, _, - and .',
  );

export const Project = z
  .union([ProjectPath, z.int().positive()])
  .describe('the full path of the project, such as "group/project", or its numeric id');

/** May hold `{variables}`; what they make of it is checked when they are filled in. */
const Template = z.string().min(1);

const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected a letter or _, then letters, digits or _");

const NixSystem = System.refine(
  (system) => system !== "any",
  'expected a Nix system; for bytes that run everywhere write systems: "any"',
);

const Systems = z
  .union([
    z.literal("any"),
    z
      .record(NixSystem, z.record(VariableName, z.union([z.string(), z.number()])))
      .refine((systems) => Object.keys(systems).length > 0, "expected at least one system"),
  ])
  .describe('"any", or an object with the variables of each system: { "x86_64-linux": { arch: "amd64" } }');

export const ManifestArtifact = z
  .strictObject({
    name: ArtifactName.refine(
      (name) => name !== "all" && name !== "groups",
      'expected another name: "all" and "groups" are sets of artifacts in the overlay',
    ).describe("a text: the name of the package in the overlay"),
    description: Text.describe("a text: one line about the package").optional(),
    gitlab: GitLabUrl.optional(),
    project: Project,
    ref: Ref,
    job: Template.describe("a text: the name of the job").optional(),
    file: Template.describe("a text: the path of one file in the artifact").optional(),
    systems: Systems,
    form: Form.optional(),
    fetch: FetchMode.optional(),
    install: Install.optional(),
    license: License.optional(),
    groups: z.array(GroupName).describe("a list of names of groups").optional(),
  })
  .refine((it) => it.job !== undefined || (it.ref !== undefined && "job" in it.ref), {
    path: ["job"],
    message: "expected the name of the job",
    when: isObjectWithRef,
  })
  .refine((it) => it.file !== undefined || (it.form !== "executable" && !isOneFile(it.install)), {
    path: ["file"],
    message:
      "expected the path of one file: without it the artifact is a zip archive, which is no program, Debian package or AppImage",
    when: isObjectWithRef,
  })
  .refine((it) => it.form !== "unpacked" || !isOneFile(it.install), {
    path: ["install"],
    message:
      'expected kind "archive" with the programs in `bin`: what is unpacked is a folder, which is no program, Debian package or AppImage',
    when: isObjectWithRef,
  })
  .describe("an artifact: { name, project, ref, job, systems, … }");
export type ManifestArtifact = z.output<typeof ManifestArtifact>;

function isOneFile(install: Install | undefined): boolean {
  return install !== undefined && ["binary", "deb", "appimage"].includes(install.kind);
}

/** These rules look at several fields. They also apply when another field is wrong, so that all errors come at once. */
function isObjectWithRef({ value }: { value: unknown }): boolean {
  return typeof value === "object" && value !== null && "ref" in value && typeof value.ref === "object";
}
