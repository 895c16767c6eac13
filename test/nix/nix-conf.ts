/** `nix.conf` of a test host: the sandbox is on, nothing is reached outside the machine, new and old versions take it. */
const DEFAULTS: Readonly<Record<string, string>> = {
  substituters: "",
  "trusted-public-keys": "",
  sandbox: "true",
  "sandbox-fallback": "false",
  // A shell, and the machine's own tools for the stand-in of nixpkgs. `?`: not every machine has the folder.
  "sandbox-paths": "/bin/sh=/usr/bin/dash /usr /lib /lib64?",
  "build-users-group": "nixbld",
  "experimental-features": "nix-command flakes",
  "flake-registry": "",
  "max-jobs": "2",
  "connect-timeout": "5",
  "download-attempts": "2",
};

export function nixConf(settings: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...DEFAULTS, ...settings })
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}
