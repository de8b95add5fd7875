/**
 * What a mask leaves out neither changes what comes out nor sends anything back, whatever it holds.
 */
import { jit } from "@chainrule/compiler";
import { Generator, randn, type Tensor, tensor, where, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import * as nn from "../index.ts";

const mask = tensor([
  [true, true, false],
  [true, false, false],
]);
const x = randn([2, 3, 4], { dtype: "float64", generator: new Generator(1) });
const y = randn([2, 2, 4], { dtype: "float64", generator: new Generator(2) });
const shared = () => ({ dtype: "float64", generator: new Generator(3) }) as const;
const block = { embedDim: 4, heads: 2, dropout: 0 } as const;
/** Of outputs at every position, those that are there. */
const there = (output: Tensor) => where(mask.unsqueeze(-1), output, 0);

type Case = readonly [name: string, layer: nn.Module<unknown>, call: (x: Tensor) => Tensor];

const recurrent: readonly Case[] = [nn.LSTM, nn.GRU, nn.SimpleRNN].flatMap((Class) =>
  [{}, { returnSequences: true }, { goBackwards: true }].map((more): Case => {
    const layer = new Class({ units: 3, ...more, ...shared() });
    return [`${Class.name} ${Object.keys(more)}`, layer, (given) => layer.call(given, { mask })];
  }),
);
const both = new nn.Bidirectional(new nn.LSTM({ units: 2, ...shared() }));
const attention = new nn.MultiHeadAttention({ embedDim: 4, heads: 2, ...shared() });
const encoder = new nn.TransformerEncoder({ ...block, numLayers: 2, ...shared() });
const early = new nn.TransformerEncoderLayer({ ...block, normFirst: true, ...shared() });
const decoder = new nn.TransformerDecoder({ ...block, numLayers: 2, ...shared() });
const average = new nn.GlobalAvgPool1d({ dataFormat: "channels_last" });
const largest = new nn.GlobalMaxPool1d({ dataFormat: "channels_last" });
const functions = new nn.Lambda((input) => input);

const cases: readonly Case[] = [
  ...recurrent,
  ["Bidirectional", both, (given) => both.call(given, { mask })],
  ["attention to itself", attention, (given) => there(attention.call(given, { keyMask: mask }))],
  ["attention across", attention, (given) => attention.call(y, { key: given, keyMask: mask })],
  ["attention, values alone", attention, (given) => attention.call(y, { key: x, value: given, keyMask: mask })],
  ["encoder", encoder, (given) => there(encoder.call(given, { mask }))],
  ["encoder, normalised first", early, (given) => there(early.call(given, { mask, causal: true }))],
  ["decoder", decoder, (given) => there(decoder.call(given, { memory: y, mask }))],
  ["memory of a decoder", decoder, (given) => decoder.call(y, { memory: given, memoryMask: mask })],
  ["average", average, (given) => average.call(given, { mask })],
  ["largest", largest, (given) => largest.call(given, { mask })],
  [
    "scaledDotProductAttention",
    functions,
    (given) => nn.scaledDotProductAttention(y, given, given, { mask: mask.unsqueeze(1) }),
  ],
  ["attentionWeights", functions, (given) => nn.attentionWeights(y, given, { mask: mask.unsqueeze(1), causal: false })],
];

/** The output and all gradients of a call in which masked positions hold a number. */
function results([, layer, call]: Case, held: number, compiled: boolean): Tensor[] {
  const run = (given: Tensor) => {
    layer.zeroGrad();
    const leaf = given.detach();
    leaf.requiresGrad = true;
    const output = call(leaf);
    output.sin().sum().backward();
    return [output.detach(), leaf.grad!];
  };
  const given = where(mask.unsqueeze(-1), x, held);
  layer.zeroGrad();
  const found = (compiled ? jit(run) : run)(given);
  return [...found, ...layer.parameters().map(({ grad }) => grad ?? zeros([]))];
}

describe("what a mask leaves out", () => {
  it.each(cases.map((each) => [each[0], each] as const))("may be anything: %s", (_name, each) => {
    const wanted = results(each, 0.5, false);
    for (const held of [Number.NaN, Number.POSITIVE_INFINITY, 1e300])
      for (const compiled of [false, true])
        results(each, held, compiled).forEach((value, i) => {
          const difference = value.sub(wanted[i]).abs().max().item();
          expect([held, compiled, i, difference <= 1e-9], `${difference}`).toEqual([held, compiled, i, true]);
        });
  });
});
