/**
 * BESIDE the pipeline: what a repository needs that locks artifacts, and whether it has it. The texts are those of the flake's
 * template in `nix/templates/consumer`, filled with the paths of the repository's own configuration.
 */
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.js";
import { CONFIG_FILE } from "../config/load.js";
import { printNix } from "../generate/nix-value.js";
import { lockText } from "../lock/write.js";
import { outputFiles } from "../output.js";
import { readProjectLock, type Project } from "../project.js";
import { readText, type FileText } from "../write-file.js";

/** The way to it is the same from `src/` and from `dist/`. */
const TEMPLATE = new URL("../../nix/templates/consumer/", import.meta.url);

/** As the template has it: an instance that nobody has. */
export const EXAMPLE_INSTANCE = "https://gitlab.example.com";

const CI_FILE = ".gitlab-ci.yml";
/** Where the jobs stand when the repository has a pipeline of its own. */
const CI_INCLUDE = ".gitlab/artifacts.yml";

/** The packages of a system where the overlay has no set of them all. */
const TOP_LEVEL_PACKAGES =
  "(nixpkgs.lib.filterAttrs (_: nixpkgs.lib.meta.availableOn pkgs.stdenv.hostPlatform) (overlay pkgs pkgs))";

/** A file that is to be there. */
export interface ScaffoldFile extends FileText {
  /** What a person has to add to a file that is there already, unless it says so. */
  readonly addition?: { readonly unless: string; readonly text: string };
}

/** The configuration of a repository that has none. */
export async function configFile(root: string, instance: string): Promise<ScaffoldFile> {
  const text = await templateText(CONFIG_FILE);
  return {
    path: join(root, CONFIG_FILE),
    text: text.replace(JSON.stringify(EXAMPLE_INSTANCE), () => JSON.stringify(instance)),
  };
}

/** Everything else, in the places that the configuration names. */
export async function scaffold(project: Project): Promise<ScaffoldFile[]> {
  const { config } = project;
  return [
    ...(await manifestFiles(config)),
    ...(await generatedFiles(project)),
    await flakeFile(config),
    ...(await pipelineFiles(config)),
    { path: join(config.root, "tsconfig.json"), text: await editorText(config) },
    { path: join(config.root, ".gitignore"), text: "result\nresult-*\n" },
  ];
}

/** A first manifest, unless there is one. */
async function manifestFiles({ root, manifests }: Config): Promise<ScaffoldFile[]> {
  const folder = join(root, manifests);
  const present = await readdir(folder, { recursive: true }).catch(() => []);
  if (present.some((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))) return [];
  return [{ path: join(folder, "tools.ts"), text: await templateText("manifests/tools.ts") }];
}

/**
 * Lock, overlay and declarations. An overlay that is there stays as a whole: `generate` is what brings it up to date, and one of
 * parts of two versions would be neither.
 */
async function generatedFiles(project: Project): Promise<ScaffoldFile[]> {
  const lock = await readProjectLock(project);
  const files = await outputFiles(project, lock);
  const hasOverlay = await exists(join(project.output, "overlay.nix"));
  const missing = hasOverlay ? files.filter(({ path }) => !path.startsWith(`${project.output}/`)) : files;
  return [{ path: project.lockFile, text: lockText(lock, undefined) }, ...missing];
}

async function flakeFile({ root, output, namespace }: Config): Promise<ScaffoldFile> {
  const overlay = nixPathExpression(`${output}/overlay.nix`);
  const text = (await templateText("flake.nix"))
    .replaceAll("pkgs.artifacts.all", () =>
      namespace === null ? TOP_LEVEL_PACKAGES : `pkgs.${namespace}.all`,
    )
    .replace("./nix/artifacts/overlay.nix", () => overlay);
  const addition = {
    unless: `${output}/overlay.nix`,
    text: `its nixpkgs needs the overlay (import ${overlay})`,
  };
  return { path: join(root, "flake.nix"), text, addition };
}

function nixPathExpression(path: string): string {
  return /^[A-Za-z0-9._/-]+$/.test(path) ? `./${path}` : `(./. + ${printNix(`/${path}`)})`;
}

/** A pipeline that is there is somebody's own; the jobs stand beside it, to be included. */
async function pipelineFiles({ root }: Config): Promise<ScaffoldFile[]> {
  const text = await templateText(CI_FILE);
  const path = join(root, CI_FILE);
  const present = await readText(path);
  if (present === undefined || present.includes("artifacts bump")) return [{ path, text }];
  const addition = { unless: CI_INCLUDE, text: `add to it: include: [{ local: ${CI_INCLUDE} }]` };
  return [
    { path, text, addition },
    { path: join(root, CI_INCLUDE), text },
  ];
}

async function editorText({ manifests }: Config): Promise<string> {
  const text = await templateText("tsconfig.json");
  return text.replace('"manifests"', () => JSON.stringify(manifests));
}

function templateText(path: string): Promise<string> {
  return readFile(new URL(path, TEMPLATE), "utf8");
}

/** Also a link that leads nowhere is somebody's. */
export function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
