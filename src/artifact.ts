/**
 * The words that manifest, lock and generated Nix share, as zod schemas. A schema and its type have one name.
 * What stands here is part of the lock format: changing it needs a new lock version.
 */
import validRange from "semver/ranges/valid.js";
import { z } from "zod";

/** Words that Nix reads as syntax where an attribute name stands (https://nix.dev/manual/nix/latest/language/identifiers). */
export const NIX_KEYWORDS = new Set("assert else if in inherit let or rec then with".split(" "));

/** Attribute name in the overlay. Everything here is a plain Nix identifier, so it never needs quotes in an attribute path. */
export const ArtifactName = z
  .string()
  .regex(/^(?!__proto__$)[a-zA-Z_][a-zA-Z0-9_-]*$/, "expected a letter or _, then letters, digits, _ or -")
  .max(100, "expected at most 100 characters")
  .refine((name) => !NIX_KEYWORDS.has(name), "expected a name that is no keyword of Nix")
  // Where something is looked up by name, each of these would be there.
  .refine((name) => !(name in Object.prototype), "expected a name that not every object of JavaScript has");
export type ArtifactName = z.infer<typeof ArtifactName>;

/** A Nix system double (`x86_64-linux`), or `any` for bytes that run everywhere. */
export const System = z
  .string()
  .regex(/^(any|[a-z0-9_]+-[a-z0-9_]+)$/, 'expected a Nix system such as "x86_64-linux"');
export type System = z.infer<typeof System>;

/** What the fixed-output derivation yields: the file as it is, the same file with the executable bit, or the tree of an archive. */
export const Form = z.enum(["file", "executable", "unpacked"]);
export type Form = z.infer<typeof Form>;

/** How a fixed-output derivation gets its bytes when nothing has put them into the store before. */
export const FetchMode = z.enum(["proxy", "require", "impure-env"]);
export type FetchMode = z.infer<typeof FetchMode>;

/** Any text that Nix can hold: without NUL and without half a surrogate pair. */
export const Text = z
  .string()
  .regex(/^[^\0\p{Cs}]*$/u, "expected a text without NUL and of whole characters");

/** A relative path with `/`, without `.`, `..`, empty parts, backslashes or control characters. */
export const RelativePath = z
  .string()
  .min(1)
  .refine(
    (path) => path.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
    'expected a relative path without empty parts, "." or ".."',
  )
  .regex(/^[^\\\p{Cc}\p{Cs}]+$/u, "expected a path without backslashes or control characters");
export type RelativePath = z.infer<typeof RelativePath>;

/** Name of a group of artifacts, an attribute like an artifact's. */
export const GroupName = ArtifactName;

/** An identifier of the SPDX license list (https://spdx.org/licenses), or `unfree`. */
export const License = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.+-]{0,99}$/, 'expected an SPDX identifier such as "MIT", or "unfree"');

/** Attribute path of a package in nixpkgs. */
const NixPackage = z
  .string()
  .regex(
    /^[a-zA-Z_][a-zA-Z0-9_'-]*(\.[a-zA-Z_][a-zA-Z0-9_'-]*)*$/,
    'expected an attribute path of nixpkgs such as "openssl" or "stdenv.cc.cc.lib"',
  );
const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected a name of an environment variable");

/** What programs need to run. */
const RUNTIME = {
  /** Packages whose libraries the programs are linked with; on Linux they are patched to find them. Absent: they stay as they are. */
  libraries: z.array(NixPackage).optional(),
  /** Variables that programs get when their caller's environment has not got them. */
  environment: z.record(VariableName, Text).optional(),
};

const UNPACKED = {
  /** Paths of programs; `*` and `?` stand for parts of one name. */
  bin: z
    .array(RelativePath)
    .min(1)
    .refine(
      (paths) => new Set(paths.map(baseName)).size === paths.length || paths.some(isPattern),
      "expected programs of different names",
    ),
  /** Paths of manual pages, such as `man/acme.1`. */
  man: z
    .array(
      RelativePath.regex(/\.[1-9]\w*(\.gz)?$/, 'expected a manual page such as "man/acme.1" or "acme.1.gz"'),
    )
    .optional(),
  /** Paths of completions for the main program. */
  completions: z
    .strictObject({
      bash: RelativePath.optional(),
      zsh: RelativePath.optional(),
      fish: RelativePath.optional(),
    })
    .optional(),
  ...RUNTIME,
};

/** How the package is made from the bytes. */
export const Install = z.discriminatedUnion("kind", [
  /** The package is the source itself. */
  z.strictObject({ kind: z.literal("none") }),
  /** The file is a program; it is installed as `bin/<name>`, by default under the artifact's name. */
  z.strictObject({ kind: z.literal("binary"), name: ArtifactName.optional(), ...RUNTIME }),
  /** The file is a tar or zip archive; the listed programs in it are linked into `bin/`. */
  z.strictObject({
    kind: z.literal("archive"),
    ...UNPACKED,
    stripComponents: z.int().min(0).max(20).optional(),
  }),
  /** The file is a Debian package; it is unpacked and treated as an archive, and its scripts are not run. */
  z.strictObject({ kind: z.literal("deb"), ...UNPACKED }),
  /** The file is an AppImage of type 2; it is unpacked without running it, and `bin/<name>` starts its `AppRun`. */
  z.strictObject({ kind: z.literal("appimage"), name: ArtifactName.optional(), ...RUNTIME }),
]);
export type Install = z.infer<typeof Install>;

function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

const GitRefName = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}\p{Cs} ~^:?*[\\]+$/u, "expected a git ref name, without spaces or any of ~ ^ : ? * [ \\");
const Id = z.int().positive();

/** A span of time as people write it: `3 days`. */
export const Age = z
  .string()
  .regex(/^[1-9]\d{0,3} (hour|day|week)s?$/, 'expected a time such as "12 hours", "3 days" or "2 weeks"');
export type Age = z.infer<typeof Age>;

/** A range of versions as npm writes them. What it means is `semver`'s work; here it is a short text of its characters. */
const SemverRange = z
  .string()
  .regex(/^[\w.*^~<>=| +-]{1,200}$/, 'expected a range of versions such as "^1.2" or ">=2 <4"')
  .refine((range) => validRange(range) !== null, 'expected a range of versions such as "^1.2"');

/** How the job is chosen where a ref has several pipelines. */
const CHOICE = {
  /** The job must have ended that long ago. */
  minimumReleaseAge: Age.optional(),
  /** Which pipelines count: the successful ones, or all, and then the job itself must have succeeded. */
  pipelineStatus: z.enum(["success", "any"]).optional(),
};
const PROTECTED_ONLY = { protectedOnly: z.boolean().optional() };

/** Which job of the project is meant. Exactly one of the forms. */
export const Ref = z
  .union([
    z.strictObject({ branch: GitRefName, ...CHOICE, ...PROTECTED_ONLY }),
    z.strictObject({ tag: GitRefName, tagPrefix: Text.optional(), ...CHOICE, ...PROTECTED_ONLY }),
    z.strictObject({
      semver: SemverRange,
      tagPrefix: Text.optional(),
      prereleases: z.boolean().optional(),
      ...CHOICE,
      ...PROTECTED_ONLY,
    }),
    z.strictObject({ mergeRequest: Id, ...CHOICE }),
    z.strictObject({ pipeline: Id }),
    z.strictObject({ job: Id }),
  ])
  .describe(
    "{ branch }, { tag }, { semver }, { mergeRequest }, { pipeline } or { job }, with the options of its kind",
  );
export type Ref = z.infer<typeof Ref>;
