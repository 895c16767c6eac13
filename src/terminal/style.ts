/**
 * BESIDE the pipeline: what a person sees. Results are written to stdout by `execute.ts`; everything here is for stderr.
 * This file decides on colour: on a terminal, unless NO_COLOR is set (https://no-color.org).
 */
import { styleText } from "node:util";

export type Style = (format: "red" | "yellow" | "green" | "bold" | "dim" | "cyan", text: string) => string;

export function createStyle(terminal: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Style {
  const colour = canRedraw(terminal, env) && (env["NO_COLOR"] ?? "") === "";
  return colour ? (format, text) => styleText(format, text) : (_, text) => text;
}

/** Whether it is a terminal that understands more than lines. */
export function canRedraw(terminal: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return terminal.isTTY === true && env["TERM"] !== "dumb";
}
