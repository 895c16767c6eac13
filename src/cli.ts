#!/usr/bin/env node
/** Where the process begins. Builds wait for Nix's hook, so nothing else is loaded for it; other words are for `command-line.ts`. */

if (process.argv[2] === "hook" && (process.env["DRV_PATH"] ?? process.env["OUT_PATHS"]) !== undefined) {
  const { runHook } = await import("./upload/hook.js");
  runHook(process.argv.slice(3), process.env);
} else {
  await import("./command-line.js");
}
