/**
 * Starts the simulator alone: `node dist/simulator/main.js --state gitlab.json --port 7480`.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startGitLab, type EmbeddedGitLab } from "./simulator.js";
import { StateInput } from "./state/input.js";

const USAGE = `Usage: node dist/simulator/main.js [--state FILE] [--port PORT] [--storage-port PORT] [--latency MS]

A GitLab to test against. FILE is JSON: tokens, and projects with their pipelines, jobs and files.
`;

const Port = z.coerce.number().int().min(0).max(65_535);

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: "string" },
      port: { type: "string", default: "7480" },
      "storage-port": { type: "string", default: "0" },
      latency: { type: "string", default: "0" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const gitlab = await startGitLab({
    port: Port.parse(values.port),
    storagePort: Port.parse(values["storage-port"]),
    latencyMs: z.coerce.number().int().min(0).parse(values.latency),
    state: values.state === undefined ? {} : await readState(values.state),
  });
  process.stdout.write(greeting(gitlab));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void gitlab.close());
}

async function readState(file: string): Promise<StateInput> {
  return StateInput.parse(JSON.parse(await readFile(file, "utf8")));
}

function greeting({ url, storageUrl, state }: EmbeddedGitLab): string {
  const [project] = state.projects.values();
  const hint =
    project === undefined
      ? `  curl ${url}/api/v4/version`
      : `  curl --header "PRIVATE-TOKEN: $GITLAB_TOKEN" ${url}/api/v4/projects/${project.id}/pipelines`;
  return `GitLab: ${url}\nObject storage: ${storageUrl}\nTry:\n${hint}\n`;
}

function explain(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${explain(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
