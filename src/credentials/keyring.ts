/**
 * The keyring of the user's session: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. It is encrypted at
 * rest and unlocked with the session; servers and containers have none.
 */
import { UserError } from "../errors.js";

const SERVICE = "nix-artifacts";
/** Never the kernel's keyring, which forgets everything when the machine restarts. */
const STORE = { linux: { store: "secret-service" } } as const;

/** Puts `text` under `account`. False when there is no keyring that keeps it. */
export async function keepInKeyring(account: string, text: string): Promise<boolean> {
  try {
    const entry = await open(account);
    await entry.setPassword(text);
    return (await entry.getPassword()) === text;
  } catch {
    return false;
  }
}

/**
 * What is kept under `account`; undefined when nothing is.
 *
 * @throws UserError CREDENTIALS_NO_KEYRING when the keyring is not there or stays locked
 */
export async function readFromKeyring(account: string): Promise<string | undefined> {
  try {
    return (await (await open(account)).getPassword()) ?? undefined;
  } catch (error) {
    throw new UserError(
      "CREDENTIALS_NO_KEYRING",
      `The login for ${account} is in your keyring, which does not open.`,
      {
        hint: `unlock it, or log in with a file instead: artifacts auth login ${account} --keep-in file`,
        cause: error,
      },
    );
  }
}

/** Removes what is kept under `account`. False when the keyring does not let us. */
export async function removeFromKeyring(account: string): Promise<boolean> {
  try {
    await (await open(account)).deletePassword();
    return true;
  } catch {
    return false;
  }
}

/** The library is native and optional: where it has no build for the machine, there is no keyring. */
async function open(account: string) {
  const { AsyncEntry } = await import("@napi-rs/keyring");
  return new AsyncEntry(SERVICE, account, STORE);
}
