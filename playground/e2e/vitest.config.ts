import { defineConfig } from "vitest/config";

const shared = { root: import.meta.dirname, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ["./server.ts"],
    root: import.meta.dirname,
    projects: [
      {
        test: {
          ...shared,
          name: "rooms",
          include: ["**/*.e2e.ts"],
          // One for each core: more than half of the time, one file with its browser waits.
          maxWorkers: "100%",
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
