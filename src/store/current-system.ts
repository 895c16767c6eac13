/** The Nix system of this machine, without asking Nix. */

const MACHINES: Readonly<Record<string, string>> = {
  x64: "x86_64",
  arm64: "aarch64",
  ia32: "i686",
  arm: "armv7l",
};

/** As `builtins.currentSystem` of a Nix that was built for this machine: `x86_64-linux`, `aarch64-darwin`, … */
export function currentSystem(arch: string = process.arch, platform: string = process.platform): string {
  return `${MACHINES[arch] ?? arch}-${platform}`;
}
