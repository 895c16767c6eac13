/** What the runner says about a build, in a file that it adds to the archive when `RUNNER_GENERATE_ARTIFACTS_METADATA` is set. */
import { z } from "zod";
import { readText } from "../read-text.js";
import { artifactUrl, type JobAddress } from "./artifact-url.js";
import { GitLabError } from "./gitlab-error.js";
import type { GitLab } from "./gitlab.js";

/** A statement lists every file of the archive: this is one of some twenty thousand. */
const MAX_BYTES = 4 * 1024 * 1024;
/** The name of an archive whose job gives it none with `artifacts: name:`. */
const DEFAULT_ARCHIVE = "artifacts.zip";

const Hex = (bytes: readonly number[]) =>
  z.string().refine((text) => /^[0-9a-f]+$/.test(text) && bytes.includes(text.length / 2));
/** A field that is missing or of another kind is as if nothing had been said. */
const said = <T extends z.ZodType>(type: T) => type.optional().catch(undefined);

const Digest = z.object({ sha256: said(Hex([20, 32])) });

/**
 * An in-toto statement v0.1 about SLSA provenance v1, as far as we read it (GitLab Runner, `PROVENANCE.md` and
 * `commands/helpers/artifact_metadata.go`). The runner writes the git commit under the name `sha256`.
 */
const Statement = z.object({
  predicateType: z.string().startsWith("https://slsa.dev/provenance/"),
  subject: said(z.array(z.object({ name: said(z.string()), digest: said(Digest) }).catch({}))),
  predicate: z.object({
    buildDefinition: said(
      z.object({
        buildType: said(z.string()),
        resolvedDependencies: said(z.array(z.object({ digest: said(Digest) }).catch({}))),
      }),
    ),
    runDetails: z.object({
      builder: z.object({ id: z.string().min(1) }),
      metadata: said(z.object({ invocationId: said(z.union([z.string(), z.int().transform(String)])) })),
    }),
  }),
});

/** The facts of a statement, in the words of whoever wrote it. */
export interface SlsaStatement {
  readonly builder: string;
  readonly buildType: string | undefined;
  readonly invocation: string | undefined;
  readonly commit: string | undefined;
  /** SHA-256 in hexadecimal by path, of the files that were asked about. */
  readonly subjects: ReadonlyMap<string, string>;
}

/** The archive of a job. */
export interface ArchiveAddress extends JobAddress {
  /** Its file name, after which the statement is named; undefined when GitLab did not tell. */
  readonly archiveName: string | undefined;
}

/**
 * The statement in the archive of a job; undefined when there is none that can be read.
 *
 * @param files of the archive that are asked about
 * @throws GitLabError when GitLab is out of reach
 */
export async function readStatement(
  gitlab: GitLab,
  archive: ArchiveAddress,
  files: ReadonlySet<string>,
): Promise<SlsaStatement | undefined> {
  const text = await readFile(gitlab, artifactUrl(archive, fileOf(archive)));
  const statement = text === undefined ? undefined : parse(text);
  if (statement === undefined) return undefined;
  const { subject = [], predicate } = statement;
  const { buildDefinition, runDetails } = predicate;
  const subjects = subject.flatMap(({ name = "", digest }): [string, string][] =>
    files.has(name) && digest?.sha256?.length === 64 ? [[name, digest.sha256]] : [],
  );
  const dependencies = buildDefinition?.resolvedDependencies ?? [];
  return {
    builder: runDetails.builder.id,
    buildType: buildDefinition?.buildType,
    invocation: runDetails.metadata?.invocationId,
    commit: dependencies.find(({ digest }) => digest?.sha256 !== undefined)?.digest?.sha256,
    subjects: new Map(subjects),
  };
}

/** GitLab Runner, `commands/helpers/artifact_metadata.go`: the archive's name, and `-metadata.json`. */
function fileOf({ archiveName = DEFAULT_ARCHIVE }: ArchiveAddress): string {
  return `${archiveName.replace(/\.zip$/, "")}-metadata.json`;
}

function parse(text: string): z.infer<typeof Statement> | undefined {
  try {
    return Statement.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Undefined when it is not there, may not be read, or is too long. */
async function readFile(gitlab: GitLab, url: string): Promise<string | undefined> {
  try {
    const download = await gitlab.download(url);
    const { text, cut, failure } = await readText(download.body, MAX_BYTES);
    download.destroy();
    if (failure !== undefined) throw failure;
    return cut ? undefined : text;
  } catch (error) {
    if (error instanceof GitLabError && !error.transient) return undefined;
    throw error;
  }
}
