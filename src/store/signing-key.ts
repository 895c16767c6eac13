/**
 * Ed25519 keys as `nix-store --generate-binary-cache-key` writes them: `NAME:BASE64` of 64 bytes, the seed and then the public
 * key (libutil/signature/local-keys.cc; libsodium `crypto_sign_keypair`).
 */
import { createPrivateKey, sign } from "node:crypto";
import { UserError } from "../errors.js";

export interface SigningKey {
  /** What consumers list in `trusted-public-keys`: `NAME:BASE64`. */
  readonly publicKey: string;
  /** The signature of a text as a `Sig` line has it: `NAME:BASE64`. */
  sign(text: string): string;
}

const SEED_BYTES = 32;
const SECRET_BYTES = 64;
/** PKCS #8 of an Ed25519 seed without its last 32 bytes (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * @param file where `text` comes from, for the message
 * @throws UserError BAD_SIGNING_KEY, which does not repeat the text
 */
export function parseSigningKey(text: string, file: string): SigningKey {
  const { name, base64 } = /^(?<name>[^:\s]+):(?<base64>[A-Za-z0-9+/]+=*)\s*$/.exec(text)?.groups ?? {};
  const bytes = Buffer.from(base64 ?? "", "base64");
  if (name === undefined || bytes.length !== SECRET_BYTES) throw badKey(file);
  const seed = bytes.subarray(0, SEED_BYTES);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  return {
    publicKey: `${name}:${bytes.subarray(SEED_BYTES).toString("base64")}`,
    // Ed25519 hashes by itself, so no digest is named.
    sign: (text) => `${name}:${sign(undefined, Buffer.from(text), key).toString("base64")}`,
  };
}

function badKey(file: string): UserError {
  return new UserError("BAD_SIGNING_KEY", `${file} is not a secret signing key of Nix (NAME:BASE64)`, {
    hint: "make one: nix-store --generate-binary-cache-key NAME secret-key public-key",
  });
}
