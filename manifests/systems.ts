/** How our build jobs name the systems; shared by the manifests beside this file. */
export const systems = {
  "x86_64-linux": { os: "linux", arch: "x86_64" },
  "aarch64-linux": { os: "linux", arch: "arm64" },
  "aarch64-darwin": { os: "macos", arch: "arm64" },
} as const;
