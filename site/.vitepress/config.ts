import { defineConfig } from "vitepress";
import { sidebar } from "../build/sidebar.ts";
import { tokenize } from "./search.ts";

export default defineConfig({
  title: "chainrule",
  description: "A small autodiff training framework for TypeScript",
  srcDir: "pages",
  // Where the site stands under its host, with slashes around it.
  base: process.env.SITE_BASE ?? "/",
  markdown: { theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } },
  head: [["link", { rel: "icon", href: "data:," }]],
  themeConfig: {
    search: { provider: "local", options: { miniSearch: { options: { tokenize } } } },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/index" },
      { text: "Course", link: "/course/" },
      { text: "Losses", link: "/losses/" },
      { text: "API", link: "/api/" },
      { text: "中文", link: "/zh/start" },
    ],
    sidebar,
  },
});
