/**
 * `readProject` on a thread of its own, which ends when it has answered: the TypeScript parser starts while the rest of the
 * program does, and the hundred megabytes that it takes are free again before the first download.
 *
 * This file is both sides of the thread.
 */
import { on } from "node:events";
import { isMainThread, parentPort, type ResourceLimits, Worker, workerData } from "node:worker_threads";
import { throwAll, UserError, type UserErrorDetails, userErrorsOf } from "./errors.js";
import { byName, type Declared } from "./manifest/declared.js";
import type { ReadProject, ReadRequest } from "./read-project.js";

/** What the thread posts: the artifacts of one file after the other, and last the rest of the answer or what is wrong. */
type Message =
  | { readonly declared: readonly Declared[] }
  | { readonly project: ReadProject }
  | { readonly errors: readonly PlainError[] };

/** A `UserError` as it travels between threads, where classes do not. */
interface PlainError extends UserErrorDetails {
  readonly code: string;
  readonly message: string;
}

/**
 * The parser and one file of a few hundred declarations. With room for more, V8 would let the garbage of all files gather before it
 * collects any.
 */
const FRUGAL: ResourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };

/** As `readProject`. */
export async function readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
  try {
    return await readWithin(FRUGAL, request);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY"))
      throw error;
    return readWithin({}, request);
  }
}

async function readWithin(resourceLimits: ResourceLimits, request: ReadRequest): Promise<ReadProject> {
  const worker = new Worker(new URL(import.meta.url), { workerData: request, resourceLimits });
  const artifacts: Declared[] = [];
  for await (const [message] of on(worker, "message") as AsyncIterable<[Message]>) {
    if ("declared" in message) {
      artifacts.push(...message.declared);
      continue;
    }
    await worker.terminate();
    if ("errors" in message) throwAll(message.errors.map(toUserError));
    else return withArtifacts(message.project, artifacts.sort(byName));
  }
  throw new Error("the thread ended without an answer");
}

function withArtifacts({ config, manifests }: ReadProject, artifacts: readonly Declared[]): ReadProject {
  return { config, manifests: { ...manifests, artifacts } };
}

function toUserError({ code, message, ...details }: PlainError): UserError {
  return new UserError(code, message, details);
}

if (!isMainThread) await answer(workerData as ReadRequest, (message) => parentPort?.postMessage(message)); // passed above

async function answer(request: ReadRequest, post: (message: Message) => void): Promise<void> {
  const { readProject } = await import("./read-project.js");
  try {
    post({ project: await readProject(request, (declared) => post({ declared })) });
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    post({
      errors: errors.map(({ code, message, hint, at, exitCode }) => ({ code, message, hint, at, exitCode })),
    });
  }
}
