/** This machine. */
import type { CommandEntry } from "./entry.js";

export const MACHINE_COMMANDS: readonly CommandEntry[] = [
  {
    name: "doctor",
    summary: "say what works here, what does not, and the fix",
    options: [],
    examples: [["artifacts doctor", "Node, Nix, repository, GitLab, token, proxy"]],
    load: () => import("../doctor.js"),
  },
  {
    name: "demo",
    summary: "everything once, against an embedded GitLab; needs no account",
    options: [{ flags: "--keep", text: "keep the demo's directory" }],
    examples: [["artifacts demo", "lock, overlay, both fetch modes, and a search for the token"]],
    load: () => import("../demo.js"),
  },
];
