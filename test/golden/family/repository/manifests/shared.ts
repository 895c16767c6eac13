export const project = "platform/acme-cli";
export const systems = {
  "x86_64-linux": { os: "linux", arch: "amd64" },
};
