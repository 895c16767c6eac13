/** Evaluates Nix without a store: nothing is written, nothing of the machine's own configuration counts. */
import { fileURLToPath } from "node:url";
import { runProcess } from "./process.js";

/**
 * The value of a Nix expression.
 *
 * @throws Error with what Nix said
 */
export async function evaluate(expression: string): Promise<unknown> {
  const { code, stdout, stderr } = await evaluation(expression);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** What Nix says when it refuses an expression. */
export async function evaluationError(expression: string, options: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await evaluation(expression, options);
  if (code === 0) throw new Error(`evaluates to ${stdout}`);
  return stderr;
}

/** Expressions come through stdin, so that their length has no limit. */
function evaluation(expression: string, options: readonly string[] = []) {
  const args = ["--eval", "--strict", "--json", "--store", "dummy://", ...options, "-"];
  return runProcess("nix-instantiate", args, {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", NIX_CONF_DIR: "/nonexistent" },
    stdin: expression,
  });
}

/** Absolute path of a file of this project. */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** An absolute path as a Nix expression, whatever characters it has. */
export function nixPath(path: string): string {
  return `(/. + ${nixString(path)})`;
}

/** A string as a Nix expression. Not the printer under test, which has tests of its own. */
export function nixString(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, (character) => `\\${character}`)}"`;
}
