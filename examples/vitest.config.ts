import { defineConfig } from "vitest/config";

/** The examples, each a process of its own: too long for `pnpm test`. */
export default defineConfig({
  test: { root: import.meta.dirname, include: ["**/*.test.ts"], testTimeout: 60_000, maxWorkers: "100%" },
});
