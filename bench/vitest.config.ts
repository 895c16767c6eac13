import { defineConfig } from "vitest/config";

/** Benchmarks are run one after the other, in one process, and print what they measured; they assert nothing about time. */
export default defineConfig({
  test: {
    include: ["bench/**/*.bench.ts"],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
