import { jit } from "@chainrule/compiler";
import * as core from "@chainrule/core";
import {
  concat,
  Generator,
  manualSeed,
  OptionError,
  randn,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@chainrule/core";
import { bothDTypes, checkReference, expectClose, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule, withWeights } from "../../test/check-layer.ts";
import {
  Bidirectional,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  RNN,
  SimpleRNN,
  SimpleRNNCell,
  type SimpleRNNOptions,
} from "../index.ts";
import { l2 } from "../regularizers.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });
const seeded = <Options extends object>(options: Options) =>
  ({ ...options, dtype, generator: new Generator(8) }) as const;

const kinds = [
  { kind: "rnn", Layer: SimpleRNN, Cell: SimpleRNNCell, states: 1 },
  { kind: "lstm", Layer: LSTM, Cell: LSTMCell, states: 2 },
  { kind: "gru", Layer: GRU, Cell: GRUCell, states: 1 },
] as const;

/** Two sequences of 4 and 2 real steps out of 5, and what to do with them. */
const x = noise(2, 5, 3);
const mask = tensor([
  [true, true, true, true, false],
  [true, true, false, false, false],
]);
const lengths = [4, 2];
const alone = (i: number) => x.slice([i, i + 1], [0, lengths[i]]);

describe.each(kinds)("$kind", ({ kind, Layer, Cell, states }) => {
  const make = (options: Partial<SimpleRNNOptions> = {}) => new Layer(seeded({ units: 4, inputDim: 3, ...options }));

  describe.each(bothDTypes)("in %s", (dtype) => {
    it.each(referenceCases("layers", kind))("agrees with PyTorch: $name", (reference) => {
      const layer = new Layer({ units: 4, inputDim: 3, returnSequences: true, dtype });
      checkReference({ ...core, jit }, reference, dtype, ({ input, wIh, wHh, bIh, bHh }) =>
        withWeights(layer, {
          "cell.kernel": wIh.T,
          "cell.recurrentKernel": wHh.T,
          "cell.bias": bIh,
          "cell.recurrentBias": bHh,
        }).call(input),
      );
    });
  });

  it("takes one step after the other, as its cell does", () => {
    const layer = make({ returnSequences: true });
    let state: readonly Tensor[] = layer.cell.initialState(2);
    const outputs = [0, 1, 2, 3, 4].map((t) => {
      const step = layer.cell.call(x.slice(":", t), { state, returnState: true });
      state = step.state;
      return step.output;
    });
    expectClose(layer.call(x), stack(outputs, 1));
    const result = layer.call(x, { returnState: true });
    expect(result.state.length).toBe(states);
    result.state.forEach((part, i) => {
      expectClose(part, state[i]);
    });
  });

  it("returns the last output unless all are wanted", () => {
    const [all, last] = [make({ returnSequences: true }), make()];
    last.loadStateDict(all.stateDict());
    expect(all.call(x).shape).toEqual([2, 5, 4]);
    expectClose(last.call(x), all.call(x).slice(":", -1));
  });

  it("goes on from a state", () => {
    const layer = make();
    const { state } = layer.call(x.slice(":", [0, 2]), { returnState: true });
    expectClose(layer.call(x.slice(":", [2, 5]), { state }), layer.call(x));
    if (states === 1) expectClose(layer.call(x.slice(":", [2, 5]), { state: state[0] }), layer.call(x));
  });

  it("does not see what the mask says is not there", () => {
    const layer = make({ returnSequences: true });
    const masked = layer.call(x, { mask, returnState: true });
    for (const i of [0, 1]) {
      const unpadded = layer.call(alone(i), { returnState: true });
      expectClose(masked.output.slice([i, i + 1], [0, lengths[i]]), unpadded.output);
      masked.state.forEach((part, j) => {
        expectClose(part.slice([i, i + 1]), unpadded.state[j]);
      });
      const after = masked.output.slice(i, [lengths[i], 5]);
      expectClose(after, masked.state[0].slice([i, i + 1]).broadcastTo(after.shape));
    }
  });

  it("skips padding at the beginning and gaps, too, whatever stands there", () => {
    const layer = make();
    const wild = x.mul(1).slice([0, 1]);
    const gaps = concat([randn([1, 1, 3], { dtype }).mul(1e6), wild, zeros([1, 1, 3], { dtype }).div(0)], 1);
    const there = [[false, true, true, true, true, true, false]];
    expectClose(layer.call(gaps, { mask: there }), layer.call(wild));
  });

  it("stays where it was where nothing is there", () => {
    const layer = make({ returnSequences: true });
    const state = layer.cell.initialState(1).map((part) => part.add(0.5));
    const none = layer.call(x.slice([0, 1]), { mask: [[false, false, false, false, false]], state });
    expect(none.toTypedArray().every((value) => value === 0.5)).toBe(true);
  });

  it("sends no gradient to steps that are not there", () => {
    const layer = make();
    const input = tensor(x.toTypedArray(), { shape: x.shape, dtype, requiresGrad: true });
    layer.call(input, { mask }).sum().backward();
    expect(input.grad!.slice(1, [2, 5]).abs().max().item()).toBe(0);
    expect(input.grad!.slice(1).slice(1).abs().min().item()).toBeGreaterThan(0);
  });

  it("goes backwards, and returns what it did first, first", () => {
    const [ahead, back] = [make({ returnSequences: true }), make({ returnSequences: true, goBackwards: true })];
    back.loadStateDict(ahead.stateDict());
    expectClose(back.call(x), ahead.call(x.flip(1)));
    expectClose(back.call(x, { mask }).slice([1, 2], -1), ahead.call(alone(1).flip(1)).slice(":", -1));
  });

  it("can be put into a state, and taken out of it", () => {
    const layer = make({ stateful: true });
    expect(layer.state).toBeNull();
    layer.call(x);
    const first = layer.state!;
    const second = layer.call(x).toArray();
    layer.state = first;
    expect(layer.call(x).toArray()).toEqual(second);
    // Of one sequence, where there were two before.
    layer.state = first.map((part) => part.slice([0, 1]));
    expect(layer.state!.map((part) => part.shape[0])).toEqual(first.map(() => 1));
    expectClose(layer.call(x.slice([0, 1])), tensor(second, { dtype }).slice([0, 1]));
    layer.state = null;
    expect(layer.state).toBeNull();
    expectClose(layer.call(x), make({}).call(x));
    expect(() => {
      layer.state = first.map((part) => part.slice(":", [0, 1]));
    }).toThrow(ShapeError);
    expect(() => {
      layer.state = [];
    }).toThrow(ShapeError);
    expect(() => {
      make({}).state = first;
    }).toThrow(/state: expected a stateful layer, to keep it, got one that starts anew at each call/);
  });

  it("goes on from call to call where it is stateful", () => {
    const [stateful, whole] = [make({ stateful: true, returnSequences: true }), make({ returnSequences: true })];
    stateful.loadStateDict(whole.stateDict());
    const parts = x.split([2, 1, 2], 1).map((part) => stateful.call(part));
    expectClose(concat(parts, 1), whole.call(x));
    expect(() => stateful.call(x.slice([0, 1]))).toThrow(
      /stateful: expected 2 sequences, as in the call before, .* got 1.\n {2}For new sequences call resetState/,
    );
    stateful.resetState();
    expectClose(stateful.call(x.slice([0, 1])), whole.call(x.slice([0, 1])));
    stateful.resetState();
    expectClose(stateful.call(x), whole.call(x));
    expect(Object.keys(stateful.stateDict())).toEqual(Object.keys(whole.stateDict()));
  });

  it("ends the gradient where a stateful call began", () => {
    const layer = make({ stateful: true });
    layer.call(x).sum().backward();
    const input = tensor(x.toTypedArray(), { shape: x.shape, dtype, requiresGrad: true });
    layer.call(input);
    layer.zeroGrad();
    layer.call(x).sum().backward();
    expect(input.grad).toBeNull();
    expect(layer.cell.kernel.grad).not.toBeNull();
  });

  it("has right gradients, with masks and states", () => {
    const layer = make({ units: 2, returnSequences: true });
    const state = layer.cell.initialState(2).map((_, i) => noise(2, 2).add(i));
    checkModule(layer, (input, ...before) => layer.call(input, { mask, state: before }), [x, ...state]);
    const cell = new Cell({ units: 2, inputDim: 3, dtype, useBias: false });
    checkModule(cell, (input, ...before) => cell.call(input, { state: before }), [x.slice(":", 0), ...state]);
  });

  it("has right second derivatives", () => {
    const layer = make({ units: 2 });
    const input = noise(1, 3, 3);
    checkModule(layer, (steps) => layer.call(steps), [input], { second: true, tolerance: 1e-5 });
  });

  it("drops the same inputs and states at every step, in training only", () => {
    const layer = make({ dropout: 0.5, units: 6 });
    const constant = tensor(new Float64Array(8 * 3).fill(1), { shape: [8, 1, 3] });
    const once = layer.eval().call(constant);
    expectClose(layer.call(constant), once);
    layer.train();
    const noisy = layer.call(constant);
    const patterns = new Set(noisy.toArray(2).map((row) => row.map((v) => v.toFixed(9)).join()));
    expect(patterns.size).toBeGreaterThan(1);
    expect(patterns.size).toBeLessThanOrEqual(8);
    const recurrent = make({ recurrentDropout: 0.5, units: 6 });
    expectClose(recurrent.call(constant), recurrent.eval().call(constant));
    const two = concat([constant, constant], 1);
    const evaluated = recurrent.call(two);
    expect(recurrent.train().call(two).sub(evaluated).abs().max().item()).toBeGreaterThan(0);
  });

  it("leaves biases out where they are not wanted", () => {
    expect([...make({ useBias: false }).namedParameters().keys()]).toEqual(["cell.kernel", "cell.recurrentKernel"]);
    expect([...make().namedParameters().keys()]).toEqual([
      "cell.kernel",
      "cell.recurrentKernel",
      "cell.bias",
      "cell.recurrentBias",
    ]);
  });

  it("makes its state's weights orthogonal", () => {
    const { recurrentKernel } = make().cell;
    expectClose(
      recurrentKernel.matmul(recurrentKernel.T),
      tensor([
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
      ]),
      {
        tolerance: 1e-9,
      },
    );
  });

  it("penalises its weights", () => {
    const regularizers = { kernelRegularizer: l2(1), recurrentRegularizer: l2(2), biasRegularizer: l2(4) };
    const layer = make({ ...regularizers, biasInitializer: "ones" });
    const { kernel, recurrentKernel, bias, recurrentBias } = layer.cell;
    const size = (weight: Tensor) => weight.square().sum().item();
    const biases = size(bias!) + size(recurrentBias!);
    expect(layer.penalty()!.item()).toBeCloseTo(size(kernel) + 2 * size(recurrentKernel) + 4 * biases, 10);
    expect(new Layer({ units: 2, kernelRegularizer: "l2" }).penalty()).toBeNull();
  });

  it("can be copied by its state dict, and says the shape of its output", () => {
    for (const returnSequences of [true, false])
      checkCopy(() => new Layer({ units: 4, returnSequences }), randn([2, 5, 3]));
    checkCopy(() => new Cell({ units: 4 }), randn([2, 3]));
    expect(make({ returnSequences: true }).outputShape([null, null, 3])).toEqual([null, null, 4]);
  });

  it("says what it wants where it gets something else", () => {
    const layer = new Layer({ units: 4, name: "reader" });
    layer.call(x);
    expect(() => layer.call(zeros([2, 5, 2]))).toThrow(
      new RegExp(`^layer "reader" \\(${Layer.name}\\): input: expected length 3 along axis 2, got 2 in \\[2, 5, 2\\]`),
    );
    expect(() => layer.call(zeros([2, 3]))).toThrow(/\[batch, time, features\], got \[2, 3\].\n {2}.*unsqueeze\(-1\)/);
    expect(() => layer.call(zeros([2, 0, 3]))).toThrow(/at least one step/);
    expect(() => layer.call(x, { mask: mask.cast("float32") })).toThrow(/mask: expected truth values/);
    expect(() => layer.call(x, { mask: [[true, true]] })).toThrow(/a mask of shape \[2, 5\], got \[1, 2\]/);
    expect(() => layer.call(x, { state: [zeros([2, 3])] })).toThrow(
      /state: expected .* of shape \[2, 4\], got \[2, 3\]/,
    );
    expect(() => layer.call(x, { state: [zeros([2, 4]), zeros([2, 4]), zeros([2, 4])] })).toThrow(ShapeError);
    expect(() => layer.call(x, { initialState: [] } as never)).toThrow(/Known: mask, state, returnState/);
    expect(() => new Cell({ units: 4 }).call(x)).toThrow(/one step, of shape \[batch, features\].*\n.*LSTM, GRU/);
  });

  it("refuses options that cannot be", () => {
    for (const own of [{ units: 0 }, { unit: 3 }, { activation: "tahn" }, { recurrentInitializer: "ortho" }])
      expect(() => make(own as never), JSON.stringify(own)).toThrow(OptionError);
    expect(() => make({ dropout: 1 })).toThrow(ValueError);
    expect(() => make({ recurrentDropout: -0.1 })).toThrow(/recurrentDropout from 0/);
    expect(() => make({ retrunSequences: true } as never)).toThrow(/Did you mean "returnSequences"/);
  });
});

describe("the cells' formulas", () => {
  const one = (values: number[]) => tensor([values], { dtype });
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

  it("of the simple cell", () => {
    const cell = new SimpleRNNCell({ units: 1, inputDim: 1, dtype });
    cell.loadStateDict({ kernel: [[0.5]], recurrentKernel: [[-2]], bias: [0.1], recurrentBias: [0.2] });
    expect(cell.call(one([3]), { state: one([0.7]) }).item()).toBeCloseTo(Math.tanh(1.5 + 0.1 - 1.4 + 0.2), 12);
  });

  it("of the LSTM", () => {
    const cell = new LSTMCell({ units: 1, inputDim: 1, dtype });
    cell.loadStateDict({
      kernel: [[0.1, 0.2, 0.3, 0.4]],
      recurrentKernel: [[1, 2, 3, 4]],
      bias: [0.5, 0.6, 0.7, 0.8],
      recurrentBias: [0, 0, 0, 0],
    });
    const { state } = cell.call(one([2]), { state: [one([0.3]), one([-0.4])], returnState: true });
    const c = sigmoid(0.4 + 0.6 + 0.6) * -0.4 + sigmoid(0.2 + 0.3 + 0.5) * Math.tanh(0.6 + 0.9 + 0.7);
    expect(state[1].item()).toBeCloseTo(c, 12);
    expect(state[0].item()).toBeCloseTo(sigmoid(0.8 + 1.2 + 0.8) * Math.tanh(c), 12);
  });

  it("of the GRU", () => {
    const cell = new GRUCell({ units: 1, inputDim: 1, dtype });
    cell.loadStateDict({
      kernel: [[0.1, 0.2, 0.3]],
      recurrentKernel: [[1, 2, 3]],
      bias: [0.5, 0.6, 0.7],
      recurrentBias: [0.1, 0.2, 0.3],
    });
    const h = 0.4;
    const r = sigmoid(0.2 + 0.5 + h + 0.1);
    const z = sigmoid(0.4 + 0.6 + 2 * h + 0.2);
    const n = Math.tanh(0.6 + 0.7 + r * (3 * h + 0.3));
    expect(cell.call(one([2]), { state: one([h]) }).item()).toBeCloseTo((1 - z) * n + z * h, 12);
  });

  it("start the LSTM's forget gate at 1", () => {
    expect(new LSTMCell({ units: 2, inputDim: 1 }).bias!.toArray()).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    expect(new LSTM({ units: 1, inputDim: 1, unitForgetBias: false }).cell.bias!.toArray()).toEqual([0, 0, 0, 0]);
  });

  it("take other activations", () => {
    const options = {
      units: 1,
      inputDim: 1,
      activation: "softsign",
      recurrentActivation: "hard_sigmoid",
      dtype,
    } as const;
    const gate = (v: number) => Math.min(Math.max((v + 3) / 6, 0), 1);
    const softsign = (v: number) => v / (1 + Math.abs(v));
    const [x, h, c] = [0.5, -0.4, 0.8];

    const gru = new GRUCell(options);
    gru.loadStateDict({ kernel: [[1, 2, 3]], recurrentKernel: [[4, 5, 6]], bias: [0, 0, 0], recurrentBias: [0, 0, 0] });
    const n = softsign(3 * x + gate(x + 4 * h) * 6 * h);
    const z = gate(2 * x + 5 * h);
    expect(gru.call(one([x]), { state: one([h]) }).item()).toBeCloseTo((1 - z) * n + z * h, 12);

    const lstm = new LSTMCell({ ...options, useBias: false });
    lstm.loadStateDict({ kernel: [[1, 2, 3, 4]], recurrentKernel: [[5, 6, 7, 8]] });
    const next = gate(2 * x + 6 * h) * c + gate(x + 5 * h) * softsign(3 * x + 7 * h);
    const output = lstm.call(one([x]), { state: [one([h]), one([c])] });
    expect(output.item()).toBeCloseTo(gate(4 * x + 8 * h) * softsign(next), 12);
  });
});

describe("dropout in recurrence", () => {
  const linear = (options: Partial<SimpleRNNOptions>) => {
    const layer = new SimpleRNN({
      ...seeded({ units: 1, inputDim: 2, activation: "linear", returnSequences: true, ...options }),
      kernelInitializer: "ones",
    });
    layer.cell.recurrentKernel.assign([[options.recurrentDropout ? 1 : 0]]);
    return layer;
  };

  it("drops the same features of a sequence at every step, and doubles those that stay", () => {
    const sums = linear({ dropout: 0.5 }).call(zeros([50, 4, 2], { dtype }).add(1));
    expectClose(sums, sums.slice(":", [0, 1]).broadcastTo(50, 4, 1));
    expect([...new Set(sums.toTypedArray())].sort()).toEqual([0, 2, 4]);
  });

  it("drops the same part of the state at every step, and doubles what stays", () => {
    const start = concat([zeros([50, 1, 2], { dtype }).add(0.5), zeros([50, 3, 2], { dtype })], 1);
    const rows = linear({ recurrentDropout: 0.5 }).call(start).squeeze(2).toArray(2);
    expect([...new Set(rows.map((row) => row.join()))].sort()).toEqual(["1,0,0,0", "1,2,4,8"]);
  });
});

describe("RNN", () => {
  it("runs any cell", () => {
    const layer = new RNN(new GRUCell({ units: 3 }), { returnSequences: true, inputShape: [null, 2] });
    expect(layer.outputShape([null, 7, 2])).toEqual([null, 7, 3]);
    expect(layer.call(zeros([1, 4, 2])).shape).toEqual([1, 4, 3]);
    expect(() => new RNN(new GRU({ units: 3 }) as never)).toThrow(
      /expected a recurrent cell, such as LSTMCell, got a GRU/,
    );
  });

  it("is made at once where the features are known", () => {
    expect(new LSTM({ units: 2, inputDim: 3 }).countParameters().total).toBe(4 * 2 * (3 + 2 + 2));
    expect(new LSTM({ units: 2, inputShape: [9, 3] }).countParameters().total).toBe(56);
    expect(new LSTM({ units: 2 }).countParameters().total).toBe(0);
  });

  it("has the same weights from the same seed", () => {
    const weights = () => {
      manualSeed(3);
      return new LSTM({ units: 2, inputDim: 3 }).cell.kernel.toArray();
    };
    expect(weights()).toEqual(weights());
  });

  it("carries gradients through 200 steps", () => {
    const layer = new LSTM({ units: 4, inputDim: 1 });
    const input = randn([2, 200, 1], { requiresGrad: true, generator: new Generator(2) });
    layer.call(input).sum().backward();
    expect(input.grad!.isFinite().all().item()).toBe(1);
    expect(input.grad!.slice(":", -1).abs().max().item()).toBeGreaterThan(0);
  });
});

describe("several layers", () => {
  const x = randn([2, 4, 3], { dtype: "float64" });
  const stackOf = (layer: LSTM) => [layer, ...layer.above] as LSTM[];

  it("are those one after the other, with states in their order", () => {
    const both = new LSTM({ units: 2, numLayers: 2, dtype: "float64", inputDim: 3 });
    const [first, second] = stackOf(both);
    const lower = new LSTM({ units: 2, returnSequences: true, dtype: "float64", inputDim: 3 });
    const upper = new LSTM({ units: 2, dtype: "float64", inputDim: 2 });
    lower.cell.loadStateDict(first.cell.stateDict());
    upper.cell.loadStateDict(second.cell.stateDict());
    const { output, state } = both.call(x, { returnState: true });
    const below = lower.call(x, { returnState: true });
    const above = upper.call(below.output, { returnState: true });
    expectClose(output, above.output);
    [...below.state, ...above.state].forEach((part, i) => {
      expectClose(state[i], part);
    });
    expect(both.outputShape([null, null, 3])).toEqual([null, 2]);
    expect(() => both.call(x, { state: [state[0], state[1]] })).toThrow(/4 tensors/);
    expect(both.call(x, { state }).shape).toEqual([2, 2]);
  });

  it("skip what a mask leaves out in each", () => {
    const both = new GRU({ units: 2, numLayers: 2, dtype: "float64", inputDim: 3 });
    const mask = tensor([
      [true, true, false, false],
      [true, true, true, false],
    ]);
    const short = both.call(x.slice([0, 1], [0, 2]));
    expectClose(both.call(x, { mask }).slice([0, 1]), short);
  });

  it("cannot go backwards, keep a state or be of a cell: an error says what to do", () => {
    expect(() => new LSTM({ units: 2, numLayers: 2, goBackwards: true })).toThrow(/one after the other/);
    expect(() => new LSTM({ units: 2, numLayers: 2, stateful: true })).toThrow(OptionError);
    expect(() => new RNN(new GRUCell({ units: 2 }), { numLayers: 2 })).toThrow(/with a cell/);
    expect(() => new LSTM({ units: 2, numLayers: 0 })).toThrow(OptionError);
    expect(() => new Bidirectional(new LSTM({ units: 2, numLayers: 2 }))).toThrow(OptionError);
  });
});
