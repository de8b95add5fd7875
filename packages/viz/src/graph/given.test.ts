import { DTypeError, parameter, value } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { graphOf } from "./computation.ts";
import { toDot, toMermaid } from "./dot.ts";
import { graphSvg } from "./svg.ts";

describe.each(Object.entries({ toDot, toMermaid, graphSvg }))("%s", (name, write) => {
  it("takes a result as well as its graph", () => {
    const y = value(3, "x").square();
    const loss = parameter([1, 2]).square().sum();
    expect(write(y)).toBe(write(graphOf(y)));
    expect(write(loss)).toBe(write(graphOf(loss)));
  });

  it("refuses what is neither", () => {
    for (const given of [undefined, null, 3, "x", {}, { nodes: [], edges: 3 }, { nodes: [null], edges: [] }, [1]]) {
      expect(() => write(given as never)).toThrow(DTypeError);
      expect(() => write(given as never)).toThrow(new RegExp(`${name}: expected a graph, or the tensor or Value`));
    }
  });
});
