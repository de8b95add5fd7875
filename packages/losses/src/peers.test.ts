/**
 * Losses that PyTorch, optax or scikit-learn have too, against their values and gradients, eagerly and compiled.
 */
import { jit } from "@chainrule/compiler";
import type { Tensor } from "@chainrule/core";
import * as core from "@chainrule/core";
import { bothDTypes, checkReference, type ReferenceCase, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { entmax, lossByName, sparsemax } from "./index.ts";

type Inputs = Readonly<Record<string, Tensor>>;
type Call = (...args: unknown[]) => Tensor;

/** What stands among the inputs of a case and is an option. */
const areOptions = ["classWeight", "mask", "positions"];

/** What is no loss, but what one predicts with. */
const predictions: Readonly<Record<string, (inputs: Inputs, options: object) => Tensor>> = {
  sparsemax: ({ x }) => sparsemax(x),
  entmax: ({ x }, options) => entmax(x, -1, options),
};

/** The loss of the name, its inputs in the file's order and then its options. */
function compute(op: string, inputs: Inputs, options: object): Tensor {
  if (op in predictions) return predictions[op](inputs, options);
  const given = Object.entries(inputs).filter(([name]) => !areOptions.includes(name));
  const further = Object.entries(inputs).filter(([name]) => areOptions.includes(name));
  const loss = lossByName(op) as unknown as Call;
  return loss(...given.map(([, x]) => x), { ...options, ...Object.fromEntries(further) });
}

const cases = referenceCases("peers/losses") as ReferenceCase[];

describe.each(bothDTypes)("losses as peers compute them, in %s", (dtype) => {
  for (const reference of cases)
    it(`${reference.op}: ${reference.name}`, () => {
      checkReference({ ...core, jit }, reference, dtype, (inputs: Inputs, options: object) =>
        compute(reference.op, inputs, options),
      );
    });
});

it("has the inputs of each loss in their order", () => {
  for (const { op, inputs } of cases.filter((one) => !(one.op in predictions)))
    expect(Object.keys(inputs).filter((name) => !areOptions.includes(name))).toEqual(
      Object.keys(lossByName(op).inputs),
    );
});
