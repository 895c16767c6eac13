/** `artifacts init`: makes a repository that works, or adds to one what it lacks. Changes no file that is there. */
import { relative, resolve } from "node:path";
import { CONFIG_FILE } from "../config/load.js";
import { configFile, EXAMPLE_INSTANCE, exists, scaffold, type ScaffoldFile } from "../init/scaffold.js";
import { openProject } from "../project.js";
import { readText, writeFiles } from "../write-file.js";
import { chosenInstance } from "./chosen-instance.js";
import type { Run } from "./command.js";

export interface InitOptions {
  readonly gitlab?: string;
}

export const run: Run<InitOptions> = async ([directory = "."], { gitlab }, { cwd, env }) => {
  const root = resolve(cwd, directory);
  const named = gitlab !== undefined || (env["GITLAB_HOST"] ?? "") !== "";
  const instance = named ? chosenInstance(gitlab, env) : EXAMPLE_INSTANCE;

  // The configuration that is then there says where the other files are.
  const configuration = await addMissing([await configFile(root, instance)]);
  const { config, ...project } = await openProject(root);
  const others = await addMissing(await scaffold({ ...project, config }));

  const show = (path: string) => relative(root, path);
  const written = [...configuration.written, ...others.written].map(show);
  const left = others.left.map(({ path, addition }) => ({ path: show(path), addition }));
  const next = nextSteps({ directory, manifests: config.manifests, instance: config.gitlab });
  const text = describe(foldersOf(written, config.output), left, next);
  return { data: { root, written, left, next }, text };
};

interface Left {
  readonly path: string;
  readonly addition: string;
}

/** Writes the files that are not there; of the others, those that a person has to add something to are `left`. */
async function addMissing(files: readonly ScaffoldFile[]): Promise<{ written: string[]; left: Left[] }> {
  const missing: ScaffoldFile[] = [];
  const left: Left[] = [];
  for (const file of files) {
    if (!(await exists(file.path))) missing.push(file);
    else if (file.addition !== undefined && !(await mentions(file.path, file.addition.unless)))
      left.push({ path: file.path, addition: file.addition.text });
  }
  return { written: await writeFiles(missing), left };
}

async function mentions(path: string, text: string): Promise<boolean> {
  return (await readText(path))?.includes(text) === true;
}

interface Outcome {
  readonly directory: string;
  readonly manifests: string;
  readonly instance: string | undefined;
}

function nextSteps({ directory, manifests, instance }: Outcome): string[] {
  const isExample = instance === undefined || instance === EXAMPLE_INSTANCE;
  const host = isExample ? "…" : new URL(instance).host;
  return [
    ...(directory === "." ? [] : [`cd ${directory}`]),
    ...(isExample ? [`edit ${CONFIG_FILE}: which GitLab`] : []),
    `edit ${manifests}/: which artifacts`,
    `export GITLAB_HOST=${host} GITLAB_TOKEN=… (scope read_api)`,
    "artifacts lock",
    "git add . (a flake sees nothing else), then nix build .#NAME",
  ];
}

/** What is generated into one folder is one line of the report. */
function foldersOf(written: readonly string[], output: string): string[] {
  const others = written.filter((path) => !path.startsWith(`${output}/`));
  return others.length === written.length ? others : [...others, `${output}/`];
}

function describe(written: readonly string[], left: readonly Left[], next: readonly string[]): string {
  const lines = [
    ...(written.length === 0 ? ["nothing is missing"] : written.map((path) => `wrote ${path}`)),
    ...left.map(({ path, addition }) => `left ${path} as it is; ${addition}`),
  ];
  return [...lines, "", "Next:", ...next.map((step) => `  ${step}`)].join("\n");
}
