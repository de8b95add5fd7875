/**
 * What docs/tensor-functions.md lists, and tensors say of methods that they do not have, is what there is.
 */
import { readFileSync } from "node:fs";
import { tensor } from "@chainrule/core";
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

it("whoever calls one as a method reads that it is a function", () => {
  // Of several tensors, none of which is the first.
  const ofLists = ["dstack", "hstack", "meshgrid", "stackRecords", "vstack"];
  const x = tensor([1, 2]) as unknown as Readonly<Record<string, () => unknown>>;
  for (const name of Object.keys(functions).filter((each) => !ofLists.includes(each)))
    expect(x[name], `functions/src/names-elsewhere.ts wants ${name}`).toThrow(`Write ${name}(x, …): it is a function`);
  expect(x.quantile).toThrow("Write quantiles(x, …)");
});
