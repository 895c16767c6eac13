import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "nix-artifacts": fileURLToPath(new URL("src/index.ts", import.meta.url)) } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/nixpkgs/**"],
    globalSetup: "test/temporary-root.ts",
    setupFiles: "test/patience.ts",
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 60_000,
    // Tests that are told to run beside each other wait most of the time.
    maxConcurrency: 16,
    hookTimeout: 300_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
