/**
 * Layers against those of Keras and PyTorch: what comes out, and what is sent back to inputs and weights; compiled too.
 */
import { jit } from "@chainrule/compiler";
import { type Tensor, tensor } from "@chainrule/core";
import { expectClose, type PeerLayerCase, peerLayerCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { withWeights } from "../../test/check-layer.ts";
import * as nn from "../index.ts";

type Made = nn.Module & { ensureBuilt?(shape: nn.BatchShape): void };

/** The layer with the peer's weights as its own. */
function made({ layer, options, inputs, weights, training }: PeerLayerCase, dtype: "float32" | "float64"): Made {
  const classes = nn as unknown as Readonly<Record<string, new (options: object, more?: object) => Made>>;
  const { inner, ...own } = options;
  const isMerge = ["Minimum", "Subtract"].includes(layer);
  const whole = isMerge ? own : { ...own, dtype };
  const made = inner ? new classes[layer](new classes[inner as string](whole), { dtype }) : new classes[layer](whole);
  const module = made.train(training);
  module.ensureBuilt?.(inputs[0].shape as number[]);
  expect([...module.namedParameters().keys()].sort()).toEqual(Object.keys(weights).sort());
  const values = Object.entries(weights).map(([path, { data, shape }]) => [
    path,
    tensor([...data], { shape, dtype, requiresGrad: true }),
  ]);
  return withWeights(module, Object.fromEntries(values));
}

const leaf = ({ data, shape }: { data: readonly number[]; shape: readonly number[] }, dtype: "float32" | "float64") =>
  tensor([...data], { shape, dtype, requiresGrad: true });

const cases = peerLayerCases().map((each) => [`${each.layer} ${each.name}, ${each.peer}`, each] as const);

describe.each([
  ["float64", 1e-9],
  ["float32", 2e-5],
] as const)("layers in %s agree with Keras and PyTorch", (dtype, tolerance) => {
  it.each(cases)("%s", (_name, each) => {
    const module = made(each, dtype);
    const inputs = each.inputs.map((x) => leaf(x, dtype));
    const weights = Object.keys(each.weights).map((path) => [path, at(module, path)] as const);
    const call = (...given: Tensor[]) => {
      if (each.layer !== "Transformer") return module.call(...given);
      return (module as unknown as nn.Transformer).call(given[0], { target: given[1] });
    };
    const output = call(...inputs);
    output.mul(0.7).sin().sum().backward();
    const found: Record<string, Tensor> = Object.fromEntries([
      ...inputs.map((x, i) => [`input ${i}`, x.grad!] as const),
      ...weights.map(([path, weight]) => [path, weight.grad!] as const),
    ]);
    expectClose(output, each.output, { dtype, tolerance });
    for (const [what, gradient] of Object.entries(each.gradients))
      expectClose(found[what], gradient, { dtype, tolerance, what });
    const compiled = jit((...given: Tensor[]) => call(...given));
    expectClose(compiled(...inputs.map((x) => x.detach())), each.output, { dtype, tolerance, what: "compiled" });
  });
});

/** What stands at a path of properties. */
function at(module: object, path: string): Tensor {
  return path.split(".").reduce((owner, key) => (owner as Record<string, object>)[key], module) as Tensor;
}
