import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.e2e.ts"],
    globalSetup: ["./server-and-browser.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Pages are measured too: what runs beside them would be measured with them.
    fileParallelism: false,
  },
});
