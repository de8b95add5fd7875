import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "examples/support/**/*.test.ts",
      "docs/**/*.test.ts",
      "playground/src/**/*.test.ts",
      "site/losses/**/*.test.ts",
    ],
    // These take longer than all others: `pnpm test:programs`.
    exclude: [
      ...configDefaults.exclude,
      "docs/docs.test.ts",
      "packages/nn/test/bundle.test.ts",
      "packages/compiler/test/threads.test.ts",
    ],
    testTimeout: 60_000,
    // One for each core: with two cores, the default would leave one idle.
    maxWorkers: "100%",
  },
});
