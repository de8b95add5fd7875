/**
 * What docs/tensor-functions.md lists is what there is.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as functions from "../src/index.ts";

it("the page lists every function, once, and nothing else", () => {
  const page = readFileSync(new URL("../../../docs/tensor-functions.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name);
  const exported = Object.entries(functions).flatMap(([name, f]) => (typeof f === "function" ? [name] : []));
  expect(listed.sort(), "docs/tensor-functions.md wants a line for each function, with its names elsewhere").toEqual(
    exported.sort(),
  );
});
