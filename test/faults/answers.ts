/** Answers in place of the server, in the shapes that GitLab and what stands before it have. */
import type { FaultKind } from "../../src/simulator/http/faults.js";

export function answer(status: number, body: unknown, headers: Record<string, string> = {}): FaultKind {
  return {
    kind: "answer",
    status,
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "Content-Type": typeof body === "string" ? "text/plain" : "application/json", ...headers },
  };
}

export const message = (status: number, text: string, headers?: Record<string, string>) =>
  answer(status, { message: `${status} ${text}` }, headers);

export const oauth = (description: string) =>
  answer(401, { error: "invalid_token", error_description: description });

export const page = (status: number, text = "Whoops", headers: Record<string, string> = {}) =>
  answer(status, `<!DOCTYPE html>\n<html><body><h1>${text}</h1></body></html>`, {
    "Content-Type": "text/html; charset=utf-8",
    ...headers,
  });

/** By a clock that is years ahead. */
export const FUTURE = "Thu, 01 Jan 2037 00:00:00 GMT";
