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
          // Two at a time take as long: Chromium draws with both cores.
          fileParallelism: false,
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
