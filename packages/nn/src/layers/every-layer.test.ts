/**
 * Every layer of the public index: its gradients are those of differences, compiled it does what it does eagerly, and
 * its weights and shapes are what it says.
 */

import { jit } from "@chainrule/compiler";
import { Generator, isFloat, manualSeed, type Tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule } from "../../test/check-layer.ts";
import { basesAndModels, type LayerCase, layerTable } from "../../test/layer-table.ts";
import { subclassesOf } from "../../test/public.ts";
import { Module } from "../index.ts";

/** The case's layer in training, with its inputs, weights made, and a call that draws the same random numbers each time. */
function prepare({ make, inputs, call }: LayerCase, dtype: "float32" | "float64") {
  const layer = make({ dtype, generator: new Generator(5) }).train();
  const given = inputs.map((x) => (isFloat(x.dtype) ? x.cast(dtype) : x));
  const run = (...values: Tensor[]) => call(layer, ...values);
  run(...given);
  return { layer, given, run };
}

const cases = layerTable.map((each) => [each.name, each] as const);

describe("every layer of the public index", () => {
  it("is in the table", () => {
    const made = layerTable.map(({ make }) => make({ dtype: "float32", generator: new Generator(1) }).constructor.name);
    expect(
      [...new Set([...made, ...basesAndModels])].sort(),
      "nn/test/layer-table.ts wants a case for each layer",
    ).toEqual(subclassesOf(Module));
  });

  it.each(cases)("has the gradients of differences: %s", (_name, each) => {
    const { layer, given, run } = prepare(each, "float64");
    const seeded = (...values: Tensor[]) => {
      manualSeed(7);
      return run(...values);
    };
    checkModule(layer, seeded, given);
  });

  it.each(cases)("does compiled what it does eagerly: %s", (_name, each) => {
    const { layer, given, run } = prepare(each, "float32");
    const step = (...values: Tensor[]) => {
      layer.zeroGrad();
      const leaves = values.map((value) => {
        const leaf = value.detach();
        leaf.requiresGrad = isFloat(leaf.dtype);
        return leaf;
      });
      const y = run(...leaves);
      // Not the sum of squares: behind a normalization its true gradient is 0, and only rounding would be compared.
      y.mul(0.7).sin().sum().backward();
      return [y.detach(), ...leaves.flatMap(({ grad }) => grad ?? [])];
    };
    const weightGradients = () => layer.parameters().map(({ grad }) => grad!);
    const compiled = jit(step);
    expect(compiled.explain(...given).kernels.length).toBeGreaterThan(0);
    for (let time = 0; time < 2; time++) {
      manualSeed(time);
      const wanted = [...step(...given), ...weightGradients()];
      manualSeed(time);
      const found = [...compiled(...given), ...weightGradients()];
      expect(found).toHaveLength(wanted.length);
      wanted.forEach((value, i) => {
        expectClose(found[i], value, { tolerance: 1e-5 });
      });
    }
  });

  it.each(cases)(
    "is restored from its weights, and says the shape of its output: %s",
    (_name, { make, inputs, call }) => {
      const made = () => make({ dtype: "float64", generator: new Generator(5) }).eval() as Module;
      checkCopy(made, inputs[0], (layer, x) => call(layer, x, ...inputs.slice(1)));
    },
  );
});
