/**
 * The gallery draws every loss that the library exports, and nothing in it is loaded or run.
 */
import * as library from "chainrule";
import { expect, it } from "vitest";
import { galleryPage, losses } from "./gallery.ts";

it("has a drawing of every loss", () => {
  const exported = Object.entries(library as Record<string, unknown>).flatMap(([name, value]) =>
    typeof value === "function" && "lossName" in value ? [name] : [],
  );
  expect(losses).toEqual(exported.sort());
});

it("is a page that loads and runs nothing, with the options that are compared", () => {
  const html = galleryPage(["binaryFocal", "mse"]);
  expect([...html.matchAll(/<figure id="(\w+)"><svg /g)].map(([, name]) => name)).toEqual(["binaryFocal", "mse"]);
  expect(html).toContain(">gamma 2</text>");
  expect(html).not.toMatch(/<script|<link|<img|href=|src=|url\(/);
});
