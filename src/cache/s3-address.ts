import { distance } from "fastest-levenshtein";
import { UserError } from "../errors.js";

/** `s3://BUCKET[/PREFIX]?…` in the words of Nix's S3 binary cache store, as far as they are about the place. */
export interface S3Address {
  readonly name: string;
  readonly bucket: string;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  /** URL of the server; undefined for Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly profile: string | undefined;
  /** Whether the bucket stands in the path, not in the host name. */
  readonly pathStyle: boolean;
}

const PARAMETERS = ["endpoint", "region", "profile", "scheme", "addressing-style"];

/**
 * @param env for the region where the address names none, as the AWS command line has it
 * @throws UserError BAD_CACHE with what is expected
 */
export function parseS3Address(url: URL, env: Readonly<Record<string, string | undefined>>): S3Address {
  const bucket = url.hostname;
  if (!/^[a-z0-9][a-z0-9.-]{2,62}$/.test(bucket)) throw bad(`"${bucket}" is no bucket name`, "s3://my-cache");
  for (const name of url.searchParams.keys()) if (!PARAMETERS.includes(name)) throw unknownParameter(name);
  const value = (name: string) => url.searchParams.get(name) ?? undefined;
  const path = url.pathname.replace(/^\/|\/$/g, "");
  const endpoint = endpointUrl(value("endpoint"), value("scheme") ?? "https");
  const style = value("addressing-style") ?? (endpoint === undefined ? "virtual" : "path");
  if (style !== "path" && style !== "virtual") throw bad(`addressing-style=${style}`, "path or virtual");
  return {
    name: `s3://${bucket}${path === "" ? "" : `/${path}`}`,
    bucket,
    prefix: path === "" ? "" : `${path}/`,
    endpoint,
    region: value("region") ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? "us-east-1",
    profile: value("profile"),
    pathStyle: style === "path",
  };
}

/** Nix writes a host with its scheme beside it; others write a URL. */
function endpointUrl(endpoint: string | undefined, scheme: string): string | undefined {
  if (endpoint === undefined) return undefined;
  const text = endpoint.includes("://") ? endpoint : `${scheme}://${endpoint}`;
  if (!/^https?:\/\/[^/@]+\/?$/.test(text) || !URL.canParse(text)) {
    throw bad(`endpoint=${endpoint.replace(/^.*@/, "")}`, "endpoint=https://HOST:PORT");
  }
  return text;
}

function unknownParameter(name: string): UserError {
  const [near = ""] = PARAMETERS.toSorted((a, b) => distance(a, name) - distance(b, name));
  return new UserError("BAD_CACHE", `an S3 address has no parameter "${name}"; did you mean "${near}"?`, {
    exitCode: 2,
    hint: `it has ${PARAMETERS.join(", ")}; compression and signing key are options of the command`,
  });
}

function bad(what: string, expected: string): UserError {
  return new UserError("BAD_CACHE", `${what} in an S3 address; expected ${expected}`, { exitCode: 2 });
}
