/**
 * `readProject` on a thread of its own, which ends when it has answered: the TypeScript parser starts while the rest of the
 * program does, and the hundred megabytes that it takes are free again before the first download.
 *
 * This file is both sides of the thread.
 */
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { throwAll, UserError, type UserErrorDetails, userErrorsOf } from "./errors.js";
import type { ReadProject, ReadRequest } from "./read-project.js";

type Answer = { readonly project: ReadProject } | { readonly errors: readonly PlainError[] };

/** A `UserError` as it travels between threads, where classes do not. */
interface PlainError extends UserErrorDetails {
  readonly code: string;
  readonly message: string;
}

/** As `readProject`. */
export async function readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
  const worker = new Worker(new URL(import.meta.url), { workerData: request });
  const [answer] = (await once(worker, "message")) as [Answer]; // posted below
  await worker.terminate();
  if ("project" in answer) return answer.project;
  throwAll(answer.errors.map(({ code, message, ...details }) => new UserError(code, message, details)));
  throw new Error("the thread reported a failure without an error");
}

if (!isMainThread) parentPort?.postMessage(await answerTo(workerData as ReadRequest)); // passed above

async function answerTo(request: ReadRequest): Promise<Answer> {
  const { readProject } = await import("./read-project.js");
  try {
    return { project: await readProject(request) };
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return {
      errors: errors.map(({ code, message, hint, at, exitCode }) => ({ code, message, hint, at, exitCode })),
    };
  }
}
