/** A user's home in a temporary folder, with what keeps credentials in it. */
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { expect } from "vitest";
import { UserError } from "../../src/errors.js";

/** Starts like a real one and must turn up nowhere but in a header. */
export const CANARY = "glpat-canary0canary0canary0";

export interface Home {
  readonly path: string;
  /** PATH and HOME, and nothing else that could hold a token. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes a private file below the home and returns its absolute path. */
  write(path: string, text: string, mode?: number): string;
  /** Writes a program in sh. */
  program(name: string, script: string): string;
  /** Adds to the user's settings. */
  settings(instances: Readonly<Record<string, object>>): void;
}

export function makeHome(): Home {
  const path = mkdtempSync(join(tmpdir(), "home-"));
  const write: Home["write"] = (name, text, mode = 0o600) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };
  const all: Record<string, object> = {};
  return {
    path,
    env: { PATH: `${join(path, "bin")}:/usr/bin:/bin`, HOME: path },
    write,
    program: (name, script) => write(join("bin", name), `#!/bin/sh\n${script}\n`, 0o755),
    settings(instances) {
      Object.assign(all, instances);
      write(".config/nix-artifacts/settings.json", JSON.stringify({ instances: all }));
    },
  };
}

/** Puts GitLab's real client into the PATH of the home. */
export function installGlab({ path }: Home): void {
  mkdirSync(join(path, "bin"), { recursive: true });
  symlinkSync(fileURLToPath(new URL("../../.cache/glab/glab", import.meta.url)), join(path, "bin", "glab"));
}

/** The UserError that `promise` must fail with; it must not show the canary. */
export async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.catch((error: unknown) => error);
  if (!(error instanceof UserError)) throw new Error(`expected a UserError, got ${inspect(error)}`);
  expect(`${error.message} ${error.hint ?? ""}`).not.toContain("canary");
  return error;
}
