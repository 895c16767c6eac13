/**
 * What the store knows of valid paths, as `nix path-info --json` prints it. Nix 2.8 prints a list, 2.26 and 2.34 an object by path; what is
 * empty is absent, or null. Source: Nix manual, "Store object info", and what these versions print.
 */
import { z } from "zod";
import { UserError } from "../errors.js";

export interface PathInfo {
  readonly path: string;
  /** SRI sha256. */
  readonly narHash: string;
  /** Bytes. */
  readonly narSize: number;
  /** Base names of store paths, sorted; a path may refer to itself. */
  readonly references: readonly string[];
  /** Base name of the derivation that built it. */
  readonly deriver: string | undefined;
  readonly ca: string | undefined;
  /** `KEYNAME:BASE64`. */
  readonly signatures: readonly string[];
}

const Info = z.object({
  narHash: z.string().regex(/^sha256-[A-Za-z0-9+/]{43}=$/),
  narSize: z.int().positive(),
  references: z.array(z.string()),
  deriver: z.string().nullish(),
  ca: z.string().nullish(),
  signatures: z.array(z.string()).nullish(),
});
const Printed = z.union([z.array(Info.extend({ path: z.string() })), z.record(z.string(), Info)]);

/** @throws UserError NIX_UNKNOWN_FORMAT */
export function parsePathInfos(json: string): PathInfo[] {
  const printed = Printed.safeParse(parseJson(json));
  if (!printed.success) {
    throw new UserError(
      "NIX_UNKNOWN_FORMAT",
      "`nix path-info --json` printed what this version does not know",
      {
        hint: "tested are Nix 2.8, 2.26 and 2.34; `nix --version` says which one this is",
        cause: printed.error,
      },
    );
  }
  const infos = Array.isArray(printed.data)
    ? printed.data
    : Object.entries(printed.data).map(([path, info]) => ({ path, ...info }));
  return infos.map(({ path, narHash, narSize, references, deriver, ca, signatures }) => ({
    path,
    narHash,
    narSize,
    references: references.map(baseName).sort(),
    deriver: deriver == null ? undefined : baseName(deriver),
    ca: ca ?? undefined,
    signatures: signatures ?? [],
  }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
