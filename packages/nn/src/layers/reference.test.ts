import { jit } from "@chainrule/compiler";
import type { Tensor } from "@chainrule/core";
import * as core from "@chainrule/core";
import { bothDTypes, checkReference, referenceCases } from "@chainrule/testing";
import { describe, it } from "vitest";
import { BatchNorm, type Layer, LayerNorm, Linear } from "./index.ts";

/** Puts the case's tensors where the layer has its weights, so that their gradients can be compared. */
function withWeights<L extends Layer>(layer: L, input: Tensor, weights: Record<string, Tensor>): L {
  layer.ensureBuilt(input.shape);
  return Object.assign(layer, weights) as L;
}

describe.each(bothDTypes)("layers in %s agree with PyTorch", (dtype) => {
  it.each(referenceCases("layers", "linear"))("linear: $name", (reference) => {
    const layer = new Linear(4, 3, { dtype });
    checkReference({ ...core, jit }, reference, dtype, ({ input, weight, bias }) =>
      withWeights(layer, input, { weight, bias }).call(input),
    );
  });

  it.each(referenceCases("layers", "layerNorm"))("layerNorm: $name", (reference) =>
    checkReference({ ...core, jit }, reference, dtype, ({ input, weight, bias }) =>
      withWeights(new LayerNorm({ dtype }), input, { gamma: weight, beta: bias }).call(input),
    ),
  );

  it.each(referenceCases("layers", "batchNorm"))("batchNorm: $name", (reference) =>
    checkReference({ ...core, jit }, reference, dtype, ({ input, weight, bias, runningMean, runningVar }) => {
      const layer = withWeights(new BatchNorm({ axis: 1, dtype }), input, { gamma: weight, beta: bias });
      if (runningMean) layer.runningMean.assign(runningMean);
      if (runningVar) layer.runningVar.assign(runningVar);
      return layer.train(reference.options.training as boolean).call(input);
    }),
  );
});
