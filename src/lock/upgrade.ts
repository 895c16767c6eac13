/**
 * Older lock formats, one function a version: `upgrades[n]` turns the parsed JSON of version n into that of version n + 1.
 * There is only version 1 so far. A new version adds its step here, a case in the test with a literal file of the old one,
 * and never touches an earlier step.
 */
import { UserError } from "../errors.js";
import { LOCK_VERSION } from "./schema.js";

type Json = Readonly<Record<string, unknown>>;
export type Upgrades = Readonly<Record<number, (lock: Json) => Json>>;

const UPGRADES: Upgrades = {};

/**
 * Brings parsed JSON of any known version to `target`.
 *
 * @throws UserError LOCK_TOO_NEW for a version that this program does not know yet, LOCK_MALFORMED for none at all
 */
export function upgradeLock(
  json: Json,
  name: string,
  upgrades = UPGRADES,
  target: number = LOCK_VERSION,
): Json {
  let lock = json;
  for (let version = versionOf(json, name, target); version < target; version += 1) {
    const step = upgrades[version];
    if (step === undefined) {
      throw new UserError("LOCK_MALFORMED", `${name} has format version ${version}, which never existed`, {
        hint: "restore the file from version control, or delete it and run: artifacts lock",
      });
    }
    lock = { ...step(lock), version: version + 1 };
  }
  return lock;
}

function versionOf(json: Json, name: string, target: number): number {
  const { version } = json;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    throw new UserError("LOCK_MALFORMED", `${name} has no format version: expected "version": ${target}`, {
      hint: "restore the file from version control, or delete it and run: artifacts lock",
    });
  }
  if (version > target) {
    throw new UserError(
      "LOCK_TOO_NEW",
      `${name} has format version ${version}; this program knows versions up to ${target}`,
      { hint: "upgrade it: npm install --save-dev nix-artifacts@latest" },
    );
  }
  return version;
}
