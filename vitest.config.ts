import { configDefaults, defineConfig } from "vitest/config";
import { sharedProcesses } from "./packages/testing/src/processes.ts";
import { long } from "./vitest.long.config.ts";

/** What wants a process of its own: it leaves something behind, or another file's leavings would change what it finds. */
const alone = [
  // All losses that there are, also of one's own.
  "docs/gallery.test.ts",
  "packages/losses/src/all-losses.test.ts",
  "packages/losses/src/compiled-checks.test.ts",
  "packages/losses/src/definition/registry.test.ts",
  "packages/losses/src/jit.test.ts",
  "packages/losses/src/left-out.test.ts",
  "packages/losses/src/linear.test.ts",
  "packages/nn/src/model/row-alignment.test.ts",
  "site/losses/table.test.ts",
  // What is said once in a process.
  "packages/chainrule/test/first-guesses.test.ts",
  "packages/experiments/src/sweep/sweep.test.ts",
  "packages/nn/src/optimizers/optimizer.test.ts",
  // How much memory is taken, how often something is compiled, how many threads there are.
  "packages/chainrule/test/compiled-once.test.ts",
  "packages/compiler/src/eager/scratch-heap.test.ts",
  "packages/compiler/src/runtime/garbage.test.ts",
  "packages/compiler/src/runtime/num-threads.test.ts",
  "packages/compiler/src/templates.test.ts",
  "packages/compiler/test/eviction.test.ts",
  "packages/compiler/test/memory.test.ts",
  "packages/nn/src/model/threads.test.ts",
  "packages/nn/test/memory.test.ts",
  // A module that is replaced; the working folder; the rest of the library, loaded by a test.
  "packages/nn/src/model/compiler-missing.test.ts",
  "packages/chainrule/test/docstrings/docstrings.test.ts",
  "playground/src/rooms/chain-rule/language/language.test.ts",
];

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
    ...sharedProcesses(alone),
    // Steps of `fit` are compiled after the first, which for most of those here would never pay.
    setupFiles: ["packages/testing/src/leftovers.ts", "packages/nn/test/compile-at-once.ts"],
    testTimeout: 60_000,
    // One for each core: with two cores, the default would leave one idle.
    maxWorkers: "100%",
  },
});
