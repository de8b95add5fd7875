import { defineConfig } from "vite";
import { contentSecurityPolicy } from "./build/content-security-policy.ts";
import { declarations } from "./build/declarations.ts";
import { offline } from "./build/offline.ts";
import { sandboxTexts } from "./build/sandbox-texts.ts";

export default defineConfig({
  // Links within the page are relative, so that any folder of any static host serves it.
  base: "./",
  // Classes keep their names when minified: messages and pictures say "Dense", not "q".
  build: {
    rolldownOptions: { output: { keepNames: true } },
    target: "es2023",
    outDir: "dist",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es", plugins: () => [declarations()], rolldownOptions: { output: { keepNames: true } } },
  plugins: [sandboxTexts(), contentSecurityPolicy(), offline()],
});
