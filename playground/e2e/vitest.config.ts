import { defineConfig } from "vitest/config";

const shared = { root: import.meta.dirname, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ["./server-and-browser.ts"],
    root: import.meta.dirname,
    projects: [
      {
        test: {
          ...shared,
          name: "rooms",
          include: ["**/*.e2e.ts"],
          // What waits for a browser leaves a core idle.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "figures",
          include: ["**/*.figures.ts"],
          // What runs beside a page that is measured would be measured with it.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
