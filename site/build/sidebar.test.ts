import { describe, expect, it } from "vitest";
import { placesOf } from "./guides.ts";
import { sidebar } from "./sidebar.ts";

const links = Object.values(sidebar).flatMap((groups) =>
  groups.flatMap((group) => [
    ...("link" in group ? [group.link] : []),
    ...("items" in group ? group.items.map(({ link }) => link.replace(/#.*/, "")) : []),
  ]),
);
const pageOf = (link: string) => `${link.slice(1).replace(/\/$/, "/index") || "index"}.md`;
const generated = /^(?:api|losses|examples)\//;

describe("the sidebar", () => {
  it("leads to pages that there are", () => {
    const pages = new Set(placesOf().values());
    expect(links.map(pageOf).filter((page) => !generated.test(page) && !pages.has(page))).toEqual([]);
  });

  it("leads to every page of docs", () => {
    const shown = new Set(links.map(pageOf));
    const docs = [...placesOf()].filter(([path]) => path.startsWith("docs/"));
    expect(docs.map(([, page]) => page).filter((page) => !shown.has(page))).toEqual([]);
  });
});
