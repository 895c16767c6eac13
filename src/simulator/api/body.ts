/**
 * Parameters of POST, PUT and DELETE: the JSON of the body over the query, validated as Grape does it.
 */
import { z } from "zod";
import { refuseError } from "../http/reply.js";
import type { Exchange } from "./exchange.js";

/** @throws Refusal 400 that names the first parameter that is wrong */
export function bodyOf<T>({ request }: Exchange, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse({ ...Object.fromEntries(request.query), ...jsonOf(request.body) });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path.join("[") ?? "";
  const missing = issue?.code === "invalid_type" && issue.message.includes("undefined");
  return refuseError(
    400,
    missing ? `${name} is missing` : issue?.code === "custom" ? issue.message : `${name} is invalid`,
  );
}

function jsonOf(text: string): object {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // refused below
  }
  return refuseError(400, "The request body is not valid JSON");
}

/** A comma-separated text or an array. */
export const Words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === "string" ? value.split(",") : value).filter((word) => word !== ""));
