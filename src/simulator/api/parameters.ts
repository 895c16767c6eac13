/**
 * Parameters of requests, validated as Grape does it: each kind of mistake has its own `{"error": …}`.
 */
import { refuseError } from "../http/reply.js";
import { Status } from "../state/input.js";
import type { Exchange } from "./exchange.js";

/** A variable of the path that must be a whole number. */
export function integerParam({ params }: Exchange, name: string): number {
  const text = params[name] ?? "";
  if (!/^-?\d+$/.test(text)) refuseError(400, `${name} is invalid`);
  return Number(text);
}

export function requiredQuery({ request }: Exchange, name: string): string {
  const value = request.query.get(name);
  if (value === null) refuseError(400, `${name} is missing`);
  return value;
}

export function integerQuery({ request }: Exchange, name: string, otherwise: number): number {
  const text = request.query.get(name) ?? "";
  if (text !== "" && !/^-?\d+$/.test(text)) refuseError(400, `${name} is invalid`);
  return text === "" ? otherwise : Number(text);
}

export function booleanQuery({ request }: Exchange, name: string): boolean {
  const text = request.query.get(name) ?? "false";
  if (!["true", "false", "1", "0", "t", "f", "on", "off"].includes(text))
    refuseError(400, `${name} is invalid`);
  return ["true", "1", "t", "on"].includes(text);
}

export function enumQuery<T extends string>(
  { request }: Exchange,
  name: string,
  values: readonly T[],
): T | undefined {
  const text = request.query.get(name);
  if (text === null) return undefined;
  const value = values.find((value) => value === text);
  if (value === undefined) refuseError(400, `${name} does not have a valid value`);
  return value;
}

export function timeQuery({ request }: Exchange, name: string): Date | undefined {
  const text = request.query.get(name);
  if (text === null) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) refuseError(400, `${name} is invalid`);
  return time;
}

/** A list: `name[]=a&name[]=b`, or a single `name=a`. */
export function listQuery({ request }: Exchange, name: string): string[] {
  return [...request.query.getAll(`${name}[]`), ...request.query.getAll(name)];
}

/** `scope[]` of the jobs of a pipeline: says whether a status is one of those asked for, or none were. */
export function statusScope(exchange: Exchange): (row: { readonly status: Status }) => boolean {
  const scope = listQuery(exchange, "scope");
  if (!scope.every(isStatus)) refuseError(400, "scope does not have a valid value");
  return ({ status }) => scope.length === 0 || scope.includes(status);
}

export function isStatus(text: string): boolean {
  return Status.safeParse(text).success;
}
