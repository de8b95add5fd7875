import { defineConfig } from "vitest/config";

/**
 * What takes too long for `pnpm test`: the examples and the programs of the documentation, each a process of its own, their
 * types, what an editor says, bundles, threads, graphs of thousands of nodes, and calls of everything with
 * senseless values.
 */
export const long = [
  "examples/*.test.ts",
  "docs/docs.test.ts",
  "docs/types.test.ts",
  "packages/chainrule/test/editor/*.test.ts",
  "packages/chainrule/test/hostile/hostile.test.ts",
  "packages/nn/test/bundle.test.ts",
  "packages/compiler/test/threads.test.ts",
  "packages/compiler/test/wide.test.ts",
  "packages/compiler/test/work.test.ts",
];

export default defineConfig({
  test: {
    include: long,
    setupFiles: ["packages/nn/test/compile-at-once.ts"],
    testTimeout: 60_000,
    maxWorkers: "100%",
  },
});
