/** Credentials for builds of fetch mode `impure-env`: one environment variable, whose reader is `nix/lib/fetchImpureEnv.nix`. */
import { UserError } from "../errors.js";

/** The environment variable that the derivations name in `impureEnvVars`. */
export const IMPURE_ENV_VARIABLE = "NIX_ARTIFACTS_HEADERS";

/** A header that may be sent to one origin, and to no other. */
export interface BoundHeader {
  /** Such as `https://gitlab.example.com:8443`. */
  readonly origin: string;
  readonly name: string;
  /** The secret. */
  readonly value: string;
}

/**
 * The value of the variable: `<origin>=<name>:<value>`, separated by commas. Nix separates the entries of its setting `impure-env`
 * by spaces and has no quotes (manual, "impure-env"), so the one space that a header has, after `Bearer`, is written `%20`.
 *
 * @throws UserError CREDENTIALS_BAD_TOKEN for a value that is no token as RFC 6750 defines it, with or without a scheme
 */
export function impureEnvValue(headers: readonly BoundHeader[]): string {
  return headers.map(entry).join(",");
}

function entry({ origin, name, value }: BoundHeader): string {
  if (/^([A-Za-z]+ )?[A-Za-z0-9._~+/=:-]+$/.test(value)) {
    return `${origin}=${name}:${value.replace(" ", "%20")}`;
  }
  throw new UserError(
    "CREDENTIALS_BAD_TOKEN",
    `The token for ${origin} holds characters that cannot be passed to a build in an environment variable.`,
    { hint: 'use fetch: "proxy" or "require", or a token of letters, digits and - . _ ~ + / = :' },
  );
}
