/**
 * The `.narinfo` of a binary cache: what it says about one store path. Source: Nix manual, "Store path manifest" and libstore
 * `NarInfo::to_string`; nix.dev, "HTTP Binary Cache Store". Pure; who serves or writes caches prints it here.
 */
import { nix32, parseNix32 } from "./nix32.js";
import { formatSri, parseSri } from "./sri.js";

/** Hashes are SRI sha256 here; the text has them in base 32. */
export interface NarInfo {
  readonly storePath: string;
  /** Where the archive is, relative to the cache. */
  readonly url: string;
  readonly compression: string;
  /** Of the archive as it is stored; undefined when that is only made on request. */
  readonly file?: { readonly hash: string; readonly size: number } | undefined;
  readonly narHash: string;
  /** Bytes of the NAR; Nix takes zero for an unknown path. */
  readonly narSize: number;
  /** Base names of store paths. */
  readonly references: readonly string[];
  /** Base name of the derivation that built it. */
  readonly deriver?: string | undefined;
  readonly ca?: string | undefined;
  /** `KEYNAME:BASE64`. */
  readonly signatures: readonly string[];
}

/** MIME types as `nix copy` sends them. */
export const NARINFO_TYPE = "text/x-nix-narinfo";
export const NAR_TYPE = "application/x-nix-nar";

/** Key of the `.narinfo` of a store path: 32 digits of its base name. */
export function narInfoKey(storePath: string): string {
  return `${storePath.slice("/nix/store/".length).slice(0, 32)}.narinfo`;
}

/**
 * The content address of a fixed output, which makes Nix take the path without any signature. In base 32: Nix does not read
 * SRI here.
 *
 * @param method what was hashed: the bytes of the file, or its NAR
 */
export function contentAddress(method: "flat" | "nar", sri: string): string {
  return `fixed:${method === "nar" ? "r:" : ""}${colonHash(sri)}`;
}

/** The text that is signed (libstore `ValidPathInfo::fingerprint`). */
export function fingerprint({ storePath, narHash, narSize, references }: NarInfo): string {
  const paths = references.map((name) => `/nix/store/${name}`).join(",");
  return `1;${storePath};${colonHash(narHash)};${narSize};${paths}`;
}

/** The line `Compression` always stands: where it is missing, Nix expects bzip2. */
export function printNarInfo(info: NarInfo): string {
  const { file, deriver, ca } = info;
  const lines = [
    ["StorePath", info.storePath],
    ["URL", info.url],
    ["Compression", info.compression],
    ...(file === undefined
      ? []
      : [
          ["FileHash", colonHash(file.hash)],
          ["FileSize", `${file.size}`],
        ]),
    ["NarHash", colonHash(info.narHash)],
    ["NarSize", `${info.narSize}`],
    ["References", info.references.join(" ")],
    ...(deriver === undefined ? [] : [["Deriver", deriver]]),
    ...info.signatures.map((signature) => ["Sig", signature]),
    ...(ca === undefined ? [] : [["CA", ca]]),
  ];
  return lines.map(([name, value]) => `${name}: ${value}\n`).join("");
}

/** What a `.narinfo` says; undefined when it is none that Nix would take. Unknown lines are allowed, as Nix allows them. */
export function parseNarInfo(text: string): NarInfo | undefined {
  const lines = text.split("\n").map((line) => /^(?<name>\w+): ?(?<value>.*)$/.exec(line)?.groups);
  const all = (name: string) =>
    lines.flatMap((line) => (line?.["name"] === name ? (line["value"] ?? "") : []));
  const one = (name: string) => all(name)[0] ?? "";
  const storePath = one("StorePath");
  const narHash = parseHash(one("NarHash"));
  const narSize = Number(one("NarSize"));
  if (!/^\/nix\/store\/[0-9a-z]{32}-[^/\s]+$/.test(storePath) || one("URL") === "") return undefined;
  if (narHash === undefined || !Number.isSafeInteger(narSize) || narSize <= 0) return undefined;
  const fileHash = parseHash(one("FileHash"));
  return {
    storePath,
    url: one("URL"),
    compression: one("Compression") || "bzip2",
    file: fileHash === undefined ? undefined : { hash: fileHash, size: Number(one("FileSize")) },
    narHash,
    narSize,
    references: one("References").split(" ").filter(Boolean),
    deriver: all("Deriver").find((name) => name !== "unknown-deriver"),
    ca: all("CA")[0],
    signatures: all("Sig"),
  };
}

function colonHash(sri: string): string {
  return `sha256:${nix32(parseSri(sri))}`;
}

/** The spellings that Nix reads: `sha256:` and base 32 or hex, or SRI. */
function parseHash(text: string): string | undefined {
  if (/^sha256-[A-Za-z0-9+/]{43}=$/.test(text)) return text;
  const digits = /^sha256:(?<digits>[0-9a-z]+)$/.exec(text)?.groups?.["digits"] ?? "";
  if (/^[0-9a-f]{64}$/.test(digits)) return formatSri(Buffer.from(digits, "hex"));
  const bytes = parseNix32(digits, 32);
  return bytes === undefined ? undefined : formatSri(bytes);
}
