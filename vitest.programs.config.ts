import { defineConfig } from "vitest/config";

/** The examples and the programs of the documentation, each a process of its own: too long for `pnpm test`. */
export default defineConfig({
  test: {
    include: ["examples/*.test.ts", "docs/docs.test.ts"],
    testTimeout: 60_000,
    maxWorkers: "100%",
  },
});
