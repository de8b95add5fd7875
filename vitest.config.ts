import { configDefaults, defineConfig } from "vitest/config";
import { long } from "./vitest.long.config.ts";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "examples/**/*.test.ts",
      "docs/**/*.test.ts",
      "playground/src/**/*.test.ts",
      "site/{build,losses}/**/*.test.ts",
      "bench/*.test.mjs",
    ],
    // Those have a suite of their own: `pnpm test:long`.
    exclude: [...configDefaults.exclude, ...long],
    // Steps of `fit` are compiled after the first, which for most of those here would never pay.
    setupFiles: ["packages/nn/test/compile-at-once.ts"],
    testTimeout: 60_000,
    // One for each core: with two cores, the default would leave one idle.
    maxWorkers: "100%",
  },
});
