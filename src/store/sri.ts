/**
 * sha256 hashes as the lock and Nix write them: `sha256-` and padded base64 (https://www.w3.org/TR/SRI/, of which Nix takes
 * exactly one hash without options). Text that comes from outside is checked by `SriSha256` of the lock's schema; these
 * functions refuse anything else as a bug of the caller.
 */
const SRI_SHA256 = /^sha256-[A-Za-z0-9+/]{43}=$/;

/** The SRI form of the 32 bytes of a sha256 digest. */
export function formatSri(digest: Uint8Array): string {
  if (digest.length !== 32) throw new Error(`a sha256 digest has 32 bytes, this has ${digest.length}`);
  return `sha256-${Buffer.from(digest).toString("base64")}`;
}

/** The 32 bytes of an SRI sha256. */
export function parseSri(sri: string): Uint8Array {
  if (!SRI_SHA256.test(sri)) throw new Error(`not an SRI sha256: ${sri}`);
  return Buffer.from(sri.slice("sha256-".length), "base64");
}

/** SRI sha256 to lower-case hex. */
export function sriToHex(sri: string): string {
  return Buffer.from(parseSri(sri)).toString("hex");
}
