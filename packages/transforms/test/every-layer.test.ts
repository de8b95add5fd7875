/**
 * Every layer of nn and every loss mapped against a loop over the examples: values, and gradients per example by all
 * weights and inputs.
 */
import { Generator, gradients, isFloat, stack, type Tensor, tensor } from "@chainrule/core";
import type { Loss } from "@chainrule/losses";
import * as losses from "@chainrule/losses";
import { BatchNorm, Dropout } from "@chainrule/nn";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { sampleInputs } from "../../losses/src/check/sample-inputs.ts";
import { layerTable } from "../../nn/test/layer-table.ts";
import { vmap } from "../src/vmap/vmap.ts";

const count = 3;
const examples = Array.from({ length: count }, (_, i) => i);

/** Value and gradients by some of the tensors, of one example. */
type One = (...inputs: Tensor[]) => Tensor[];

function compare(one: One, inputs: readonly Tensor[]): void {
  const found = vmap(one)(...inputs) as Tensor[];
  const each = examples.map((i) => one(...inputs.map((x) => x.slice(i))));
  expect(found).toHaveLength(each[0].length);
  found.forEach((x, i) => {
    expectClose(x, stack(each.map((results) => results[i])));
  });
}

/** The function's value and its gradients by the weights and by the inputs that are floats. */
function withGradients(f: (...inputs: Tensor[]) => Tensor, weights: readonly Tensor[]): One {
  return (...inputs) => {
    const leaves = inputs.map((x) => {
      const leaf = x.detach();
      leaf.requiresGrad = isFloat(x.dtype);
      return leaf;
    });
    const y = f(...leaves);
    const by = [...weights, ...leaves.filter(({ requiresGrad }) => requiresGrad)];
    return [y.detach(), ...gradients([y.mul(0.7).sin().sum()], by)];
  };
}

describe("every layer", () => {
  it.each(layerTable.map((each) => [each.name, each] as const))("%s", (_name, { make, inputs, call }) => {
    const layer = make({ dtype: "float64", generator: new Generator(5) }).eval();
    const given = inputs.map((x) => (isFloat(x.dtype) ? x.cast("float64") : x));
    call(layer, ...given);
    const many = given.map((x) => stack(examples.map((i) => (isFloat(x.dtype) ? x.mul(1 - 0.3 * i) : x))));
    compare(
      withGradients((...xs) => call(layer, ...xs), layer.parameters()),
      many,
    );
  });
});

const all = Object.entries(losses as Record<string, unknown>).filter(
  (entry): entry is [string, Loss] => typeof entry[1] === "function" && "lossName" in entry[1],
);

describe("every loss", () => {
  it("is looked at", () => expect(all.length).toBeGreaterThan(50));

  it.each(all)("%s", (_name, loss) => {
    const sampled = examples.map((seed) => sampleInputs(loss, seed));
    const used = sampled[0].loss ?? loss;
    const names = Object.keys(loss.inputs);
    const many = names.map((name) =>
      stack(
        sampled.map(({ inputs }) => {
          const x = tensor(inputs[name]);
          return isFloat(x.dtype) ? x.cast("float64") : x;
        }),
      ),
    );
    const f = used as unknown as (...inputs: Tensor[]) => Tensor;
    const isLearned = names.map((name) => !loss.given.includes(name));
    compare((...inputs) => {
      const leaves = inputs.map((x, i) => {
        const leaf = x.detach();
        leaf.requiresGrad = isFloat(x.dtype) && isLearned[i];
        return leaf;
      });
      const y = f(...leaves);
      return [
        y.detach(),
        ...gradients(
          [y],
          leaves.filter(({ requiresGrad }) => requiresGrad),
        ),
      ];
    }, many);
  });
});

describe("layers in training", () => {
  const x = tensor([
    [1, 2],
    [3, 4],
    [5, 7],
  ]);

  it("draw different masks for each example, the same for all, or are refused", () => {
    const layer = new Dropout(0.5, { seed: 1 }).train();
    const wide = x.tile([1, 50]);
    const call = (row: Tensor) => layer.call(row).notEqual(0);
    const rowsOf = (mask: Tensor) => new Set((mask.toArray() as unknown[][]).map(String)).size;
    expect(rowsOf(vmap(call, { randomness: "different" })(wide))).toBe(3);
    expect(rowsOf(vmap(call, { randomness: "same" })(wide))).toBe(1);
    expect(() => vmap(call)(wide)).toThrow(
      /vmap\(call\): expected a choice of whether each example draws random numbers of its own, .*\n {2}Write vmap\(f, \{ randomness: "different" \}\)/,
    );
    expect(vmap((row) => layer.eval().call(row))(x).toArray()).toEqual(x.toArray());
  });

  it("are refused where they keep statistics, which examples would share", () => {
    const layer = new BatchNorm();
    layer.call(x);
    const mean = layer.runningMean!.toArray();
    expect(() => vmap((row) => layer.train().call(stack([row, row.mul(2)])))(x)).toThrow(
      /expected parameters and buffers that all examples share, .* got an assignment .*\n.*call model.eval\(\) before/,
    );
    expect(layer.runningMean!.toArray()).toEqual(mean);
  });
});
