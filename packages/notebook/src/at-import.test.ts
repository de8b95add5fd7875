import { tensor, Value, value } from "@chainrule/core";
import { Dense, Sequential } from "@chainrule/nn";
import { graphOf } from "@chainrule/viz";
import { jupyterDisplay, RecordedGraph } from "@chainrule/viz/internal";
import { describe, expect, it } from "vitest";
import { atImport } from "./at-import.ts";
import { bundleOf, notebookBundle } from "./notebook.ts";

describe("what Node gives classes when the package is imported", () => {
  const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]);
  const objects = [tensor([[1, 2]]), value(2).mul(3), model, graphOf(value(2).mul(3))];
  class Other extends Value {}

  it("shows what the package shows, which it loads when something is shown", async () => {
    const before = await Promise.all(objects.map(notebookBundle));
    let loaded = 0;
    const waiting = new Map<string, (all: { RecordedGraph: typeof RecordedGraph }) => void>();
    atImport(
      () => {
        loaded++;
        return { bundleOf };
      },
      (name, then) => waiting.set(name, then),
    );
    expect([...waiting.keys()]).toEqual(["viz"]);
    waiting.get("viz")!({ RecordedGraph });
    expect(loaded).toBe(0);
    expect(await Promise.all(objects.map(notebookBundle))).toEqual(before);
    expect(loaded).toBe(objects.length);
  });

  it("shows an object of a class of one's own as the class that it extends", async () => {
    const own = new Other(3);
    expect(Object.hasOwn(Other.prototype, jupyterDisplay)).toBe(false);
    expect(await notebookBundle(own)).toEqual(await notebookBundle(value(3)));
  });
});
