/**
 * Compiled, the layers do what they do eagerly: values, gradients, and the state that they keep.
 */
import { Generator, jit, randn, type Tensor, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as nn from "../index.ts";

const noise = (...shape: number[]) => randn(shape, { generator: new Generator(shape.join()) });
const options = () => ({ generator: new Generator(5) });
const mask = tensor([
  [true, true, true, false],
  [true, true, true, true],
]);
const size = { embedDim: 4, heads: 2, dropout: 0 };
const sequences = noise(2, 4, 4);
const images = noise(2, 2, 6, 5);

/** A layer, an input, and how the layer is called. */
type Case = [layer: nn.Layer, x: Tensor, call?: (x: Tensor) => Tensor];

const lstm = new nn.LSTM({ units: 3, returnSequences: true, ...options() });
const both = new nn.Bidirectional(new nn.GRU({ units: 3, ...options() }));
const attention = new nn.MultiHeadAttention({ ...size, ...options() });
const encoder = new nn.TransformerEncoder({ ...size, numLayers: 2, activation: "gelu", ...options() });
const decoder = new nn.TransformerDecoder({ ...size, numLayers: 1, normFirst: true, ...options() });
const pool = new nn.GlobalMaxPool1d({ dataFormat: "channels_last" });

const cases: Case[] = [
  [new nn.Conv1d({ filters: 3, kernelSize: 2, padding: "same", ...options() }), noise(2, 2, 5)],
  [new nn.Conv2d({ filters: 4, kernelSize: 3, stride: 2, groups: 2, padding: 1, ...options() }), images],
  [new nn.ConvTranspose2d({ filters: 2, kernelSize: 3, stride: 2, padding: "same", ...options() }), images],
  [new nn.MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }), images],
  [new nn.AvgPool2d({ padding: "same", countIncludePad: false }), images],
  [new nn.AdaptiveAvgPool2d([2, 3]), images],
  [new nn.UpSampling2d({ interpolation: "bilinear" }), images],
  [new nn.GlobalAvgPool2d(), images],
  [pool, sequences, (x) => pool.call(x, { mask })],
  [new nn.GroupNorm({ groups: 2, ...options() }), images],
  [new nn.RMSNorm(options()), sequences],
  [new nn.SimpleRNN({ units: 3, ...options() }), sequences],
  [lstm, sequences, (x) => lstm.call(x, { mask })],
  [both, sequences, (x) => both.call(x, { mask })],
  [attention, sequences, (x) => attention.call(x, { keyMask: mask, causal: true })],
  [encoder, sequences, (x) => encoder.call(x, { mask })],
  [decoder, sequences, (x) => decoder.call(x, { memory: x, memoryMask: mask })],
  [new nn.PositionalEncoding(), sequences],
  [new nn.PositionEmbedding({ maxLength: 9, ...options() }), sequences],
  [new nn.Residual(new nn.Dense(4, options())), sequences],
];

describe("compiled layers", () => {
  it.each(cases.map((each) => [each[0].name, each] as const))("%s", (_name, [layer, x, call]) => {
    const run = call ?? ((input: Tensor) => layer.call(input));
    const step = (given: Tensor) => {
      layer.zeroGrad();
      const input = given.detach();
      input.requiresGrad = true;
      const y = run(input);
      // Not the sum of squares: behind a normalization its true gradient is 0, and only rounding would be compared.
      y.mul(0.7).sin().sum().backward();
      return [y.detach(), input.grad!];
    };
    const weightGradients = () => layer.parameters().map(({ grad }) => grad!);
    const wanted = [...step(x), ...weightGradients()];
    const compiled = jit(step);
    expect(compiled.explain(x).kernels.length).toBeGreaterThan(0);
    for (let time = 0; time < 2; time++) {
      const found = [...compiled(x), ...weightGradients()];
      wanted.forEach((value, i) => {
        expectClose(found[i], value, { tolerance: 1e-5 });
      });
    }
  });

  it("go on from the state that they kept, and start again where they are told to", () => {
    const make = () => new nn.LSTM({ units: 3, inputDim: 4, stateful: true, returnSequences: true, ...options() });
    const [eager, layer] = [make(), make()];
    const compiled = jit((x: Tensor) => layer.call(x).detach());
    for (let time = 0; time < 3; time++) expectClose(compiled(sequences), eager.call(sequences), { tolerance: 1e-5 });
    layer.resetState();
    eager.resetState();
    expectClose(compiled(sequences), eager.call(sequences), { tolerance: 1e-5 });
    expect(() => layer.call(sequences.slice([0, 1]))).toThrow(/expected 2 sequences/);
  });
});
