import { defineConfig } from "vitest/config";

/** The examples and the programs of the documentation, each a process of its own, and others that take too long for `pnpm test`. */
export default defineConfig({
  test: {
    include: [
      "examples/*.test.ts",
      "docs/docs.test.ts",
      "packages/nn/test/bundle.test.ts",
      "packages/compiler/test/threads.test.ts",
    ],
    testTimeout: 60_000,
    maxWorkers: "100%",
  },
});
