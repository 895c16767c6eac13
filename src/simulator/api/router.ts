/**
 * Finds the route of a request. Paths are matched as sent: a `%2F` is part of a segment, not the end of it.
 */
import { atLeast, type Knobs } from "../knobs.js";
import type { Handler } from "./exchange.js";

export interface Route {
  /** GET routes answer HEAD too. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api/v4`. `:name` is one segment, `*name` one or more. */
  readonly path: string;
  readonly handler: Handler;
  /** Whether job tokens are accepted; `artifacts`: as far as the instance's plan goes. */
  readonly jobToken: "always" | "never" | "artifacts" | { readonly since: string };
  /** Whether strangers get 401, whatever they ask for. */
  readonly login: "required" | "optional";
  /** The release that brought it. */
  readonly since?: string;
  /** A scope that will do, besides `api` and `read_api`. */
  readonly extraScope?: "read_user" | "read_repository";
}

export interface RouteMatch {
  readonly route: Route;
  /** Variables of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export type FindRoute = (
  method: string,
  path: string,
  knobs: Knobs,
) => RouteMatch | "wrong method" | undefined;

/** The first route in the table that matches wins. */
export function router(routes: readonly Route[]): FindRoute {
  const compiled = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  return (method, path, knobs) => {
    const matching = compiled
      .filter(({ route }) => route.since === undefined || atLeast(knobs, route.since))
      .filter(({ pattern }) => pattern.test(path));
    const found = matching.find(({ route }) => route.method === (method === "HEAD" ? "GET" : method));
    if (found === undefined) return matching.length === 0 ? undefined : "wrong method";
    return { route: found.route, params: decoded(found.pattern.exec(path)?.groups ?? {}) };
  };
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)").replaceAll(/\*(\w+)/g, "(?<$1>.+?)");
  return new RegExp(`^/api/v4${source}/?$`);
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decode(text)]));
}

/** Leaves alone what is not valid percent-encoding. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
