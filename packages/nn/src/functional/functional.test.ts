/**
 * Functional models: shapes, sharing, gradients, names, nesting, and what goes wrong.
 */
import {
  add,
  ChainRuleError,
  DataError,
  ModelError,
  manualSeed,
  notEqual,
  OptionError,
  ones,
  parameter,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  Add,
  apply,
  Concatenate,
  Conv1d,
  Dense,
  Dropout,
  Embedding,
  Functional,
  input,
  LSTM,
  Module,
  Residual,
  Sequential,
  TransformerDecoder,
} from "../index.ts";

const double = { dtype: "float64" } as const;

describe("a symbolic tensor", () => {
  const x = input([4], { name: "x" });

  it("has a shape, a dtype and a name, and no numbers", () => {
    expect([x.shape, x.rank, x.dtype, x.name]).toEqual([[null, 4], 2, "float32", "x"]);
    expect(`${x}`).toBe('symbolic "x" [null, 4]');
    const y = new Dense({ units: 3, name: "out" }).call(x);
    expect(`${y}`).toBe('symbolic "out" [null, 3]');
  });

  it("says what to write where numbers are wanted", () => {
    const asTensor = x as unknown as Tensor;
    expect(() => asTensor.add(1)).toThrow(ModelError);
    expect(() => asTensor.add(1)).toThrow(/got symbolic "x" \[null, 4\] asked for its "add"\.\n {2}.*apply\(/);
    expect(() => +asTensor).toThrow(/JavaScript arithmetic/);
    expect(() => add(asTensor, 1)).toThrow(/got a Symbolic\.\n {2}It has no numbers yet/);
    expect(() => ones([2, 4]).mul(asTensor)).toThrow(/It has no numbers yet/);
  });

  it("refuses shapes, names and dtypes that are none", () => {
    expect(() => input([0])).toThrow(ShapeError);
    expect(() => input([2], { name: "" })).toThrow(OptionError);
    expect(() => input([2], { dtype: "float16" as never })).toThrow(/Known: float32/);
    expect(() => input([2], { nmae: "x" } as never)).toThrow(/Did you mean "name"/);
  });
});

describe("calling on symbolic tensors", () => {
  it("works out shapes by the layers' own rules, lengths that vary among them", () => {
    const tokens = input([null], { dtype: "int32" });
    const vectors = new Embedding({ inputDim: 10, outputDim: 6 }).call(tokens);
    expect([vectors.shape, vectors.dtype]).toEqual([[null, null, 6], "float32"]);
    expect(new Conv1d({ filters: 5, kernelSize: 3, padding: "same" }).call(input([6, null])).shape).toEqual([
      null,
      5,
      null,
    ]);
    expect(new LSTM({ units: 3, returnSequences: true }).call(vectors).shape).toEqual([null, null, 3]);
    expect(new Residual((inner) => inner.tanh()).call(vectors).shape).toEqual([null, null, 6]);
  });

  it("finds out by trying what modules and functions make, in whatever structure", () => {
    class Halves extends Module<{ left: Tensor; rest: Tensor[] }> {
      forward(x: Tensor) {
        const [left, right] = [x.slice([0, 2], [0, 1]), x.sum(-1)];
        return { left: x.mul(left.sum()), rest: [right] };
      }
    }
    const { left, rest } = new Halves().call(input([4]));
    expect([left.shape, rest[0].shape, rest[0].name]).toEqual([[null, 4], [null], "halves.rest.0"]);
    const mask = apply((tokens) => notEqual(tokens, 0), input([null], { dtype: "int32" }));
    expect([mask.shape, mask.dtype]).toEqual([[null, null], "bool"]);
  });

  it("takes symbolic tensors in options, and gives all that is asked for", () => {
    const x = input([null, 4]);
    const mask = input([null], { dtype: "bool" });
    const lstm = new LSTM({ units: 3, returnSequences: true });
    const { output, state } = lstm.call(x, { mask, returnState: true });
    expect([output.shape, [state].flat().map((part) => part.shape)]).toEqual([
      [null, null, 3],
      [
        [null, 3],
        [null, 3],
      ],
    ]);
    const decoder = new TransformerDecoder({ numLayers: 1, embedDim: 4, heads: 2 });
    expect(decoder.call(x, { memory: input([7, 4]) }).shape).toEqual([null, null, 4]);
  });

  it("changes no statistics, modes or random numbers", () => {
    const seen: boolean[] = [];
    class Spy extends Module {
      dropout = new Dropout(0.5);
      forward(x: Tensor) {
        seen.push(this.dropout.training);
        return this.dropout.call(x);
      }
    }
    const block = new Spy();
    manualSeed(1);
    const expected = randn([1]).item();
    manualSeed(1);
    block.call(input([3]));
    expect(randn([1]).item()).toBe(expected);
    expect(block.training).toBe(true);
    expect(seen).toEqual([false, false]);
  });

  it("names the layer where shapes do not fit", () => {
    expect(() => new Dense({ units: 1, inputDim: 3, name: "out" }).call(input([4]))).toThrow(
      /^layer "out" \(Dense\): [^:]*: expected/,
    );
    expect(() => new Add().call(input([4]), input([3]))).toThrow(
      /^layer "add" \(Add\): inputs: expected inputs of one/,
    );
    expect(() => new LSTM({ units: 2 }).call(input([4]))).toThrow(ChainRuleError);
  });
});

describe("a functional model", () => {
  it("computes what the layers compute, each call once", () => {
    let calls = 0;
    const x = input([2]);
    const counted = apply((inner) => {
      calls++;
      return inner.mul(2);
    }, x);
    const model = new Functional({ inputs: x, outputs: new Add().call(counted, counted, x) });
    calls = 0;
    expect(model.call([[1, 2]]).toArray()).toEqual([[5, 10]]);
    expect(calls).toBe(1);
  });

  it("gives outputs in the structure that was asked for, and takes inputs by position or by name", () => {
    const [a, b] = [input([2], { name: "a" }), input([2], { name: "b" })];
    const sum = new Add().call(a, b);
    const list = new Functional({ inputs: [a, b], outputs: [sum, a] });
    const named = new Functional({ inputs: { left: a, right: b }, outputs: { sum } });
    const given = [[[1, 2]], [[3, 5]]] as const;
    expect(list.call(...given).map((y) => y.toArray())).toEqual([[[4, 7]], [[1, 2]]]);
    expect(list.call({ b: given[1], a: given[0] })[0].toArray()).toEqual([[4, 7]]);
    expect(named.call({ right: given[1], left: given[0] }).sum.toArray()).toEqual([[4, 7]]);
    expect([list.inputNames, list.outputNames]).toEqual([
      ["a", "b"],
      ["add", "a"],
    ]);
    expect([named.inputNames, named.outputNames]).toEqual([["left", "right"], ["sum"]]);
  });

  it("shares the weights of a layer that is called twice: a siamese network", () => {
    const tower = new Dense({ units: 3, ...double });
    const [a, b] = [input([2], double), input([2], double)];
    const distance = apply((p, q) => p.sub(q).square().sum(-1), tower.call(a), tower.call(b));
    const model = new Functional({ inputs: [a, b], outputs: distance });
    expect([...model.namedParameters().keys()]).toEqual(["layers.dense.kernel", "layers.dense.bias"]);
    const [p, q] = [randn([4, 2], double), randn([4, 2], double)];
    model.call(p, q).sum().backward();
    // d/dW of the sum of |(p - q) W|² is 2 (p - q)ᵀ (p - q) W.
    const difference = p.sub(q);
    expectClose(tower.kernel.grad!, difference.T.matmul(difference).matmul(tower.kernel).mul(2));
    expectClose(model.call(p, p), zeros([4], double));
  });

  it("has the outputs and gradients of a residual block written by hand", () => {
    const [first, second] = [new Dense({ units: 3, ...double }), new Dense({ units: 3, ...double })];
    class Block extends Module {
      first = first;
      second = second;
      forward(x: Tensor) {
        return x.add(this.second.call(this.first.call(x).tanh()));
      }
    }
    const x = input([3], double);
    const inner = second.call(apply((z) => z.tanh(), first.call(x)));
    const model = new Functional({ inputs: x, outputs: new Add().call(x, inner) });
    const [block, data] = [new Block(), randn([5, 3], double)];
    expectClose(model.call(data), block.call(data));
    const gradients = (module: Module) => {
      module.zeroGrad();
      module.call(data).square().sum().backward();
      return module.parameters().map((weight) => weight.grad!);
    };
    const [found, expected] = [gradients(model), gradients(block)];
    expect(found.length).toBe(4);
    for (const [i, gradient] of found.entries()) expectClose(gradient, expected[i]);
  });

  it("names equal layers apart, and restores its state by these names", () => {
    const make = () => {
      const x = input([2]);
      const hidden = new Dense({ units: 2 }).call(new Dense({ units: 2 }).call(x));
      const both = new Concatenate().call(hidden, new Dense({ units: 1, name: "side" }).call(x));
      return new Functional({ inputs: x, outputs: both, name: "net" });
    };
    const [one, other] = [make(), make()];
    expect([...one.layers.keys()]).toEqual(["dense", "dense_1", "side", "concatenate"]);
    other.loadStateDict(one.stateDict());
    const data = randn([3, 2]);
    expect(other.call(data).toArray()).toEqual(one.call(data).toArray());
    expect(Object.keys(one.stateDict())[2]).toBe("layers.dense_1.kernel");
  });

  it("hands masks on, and casts data to what inputs want", () => {
    const tokens = input([null], { name: "tokens", dtype: "int32" });
    const mask = apply((ids) => notEqual(ids, 0), tokens);
    const vectors = new Embedding({ inputDim: 5, outputDim: 3 }).call(tokens);
    const last = new LSTM({ units: 2 }).call(vectors, { mask });
    const model = new Functional({ inputs: tokens, outputs: last });
    expectClose(model.call([[1, 2, 0, 0]]), model.call([[1, 2]]));
    // The second batch of a shape is computed by a compiled program.
    const ids = [
      [1, 2, 0, 0],
      [3, 0, 0, 0],
      [4, 1, 2, 3],
      [1, 2, 0, 0],
    ];
    expectClose(model.predict(ids, { batchSize: 1 }), model.call(ids));
    const bools = input([null], { dtype: "bool" });
    const gated = new Functional({ inputs: [bools], outputs: apply((m) => m.logicalNot(), bools) });
    expect(gated.call([[1, 0]]).toArray()).toEqual([[false, true]]);
  });

  it("can be a part of another, of a Sequential, and of a module", () => {
    const x = input([2]);
    const encoder = new Functional({ inputs: x, outputs: new Dense({ units: 3 }).call(x), name: "encoder" });
    const y = input([2]);
    const code = encoder.call(y);
    expect(code.shape).toEqual([null, 3]);
    const whole = new Functional({ inputs: y, outputs: new Dense({ units: 1 }).call(code) });
    expect([...whole.namedParameters().keys()]).toEqual([
      "layers.encoder.layers.dense.kernel",
      "layers.encoder.layers.dense.bias",
      "layers.dense.kernel",
      "layers.dense.bias",
    ]);
    const sequential = new Sequential([encoder, new Dense({ units: 1 })]);
    expect(sequential.countParameters().total).toBe(9 + 4);
    const data = randn([4, 2]);
    expectClose(sequential.layers[0].call(data), encoder.call(data));
    expect(sequential.call(input([2])).shape).toEqual([null, 1]);
  });

  it("can begin and end in the middle of another", () => {
    const x = input([2], { name: "x" });
    const hidden = new Dense({ units: 3 }).call(x);
    const out = new Dense({ units: 1 }).call(hidden);
    const [front, back, all] = [
      new Functional({ inputs: x, outputs: hidden }),
      new Functional({ inputs: hidden, outputs: out }),
      new Functional({ inputs: x, outputs: out }),
    ];
    const data = randn([4, 2]);
    expectClose(back.call(front.call(data)), all.call(data));
  });

  it("finds parameters that were handed to layers as they are", () => {
    const start = parameter(tensor([[1, 2]]));
    const x = input([2]);
    const model = new Functional({ inputs: x, outputs: apply((a, b) => a.add(b), x, start) });
    expect([...model.namedParameters().keys()]).toEqual(["constants.0"]);
    expect(model.call([[1, 1]]).toArray()).toEqual([[2, 3]]);
  });

  it("is deep without trouble", () => {
    const x = input([1]);
    const relay = new Sequential([(inner) => inner.add(1)]);
    let y = x;
    for (let i = 0; i < 3000; i++) y = relay.call(y);
    expect(new Functional({ inputs: x, outputs: y }).call([[0]]).toArray()).toEqual([[3000]]);
  });
});

describe("the summary of a functional model", () => {
  it("says what each layer is connected to", () => {
    const left = input([4], { name: "left" });
    const right = input([4], { name: "right" });
    const tower = new Dense({ units: 3, name: "tower" });
    const both = new Concatenate().call(tower.call(left), tower.call(right));
    const out = new Dense({ units: 1 }).call(both);
    const model = new Functional({ inputs: [left, right], outputs: out, name: "siamese" });
    expect(model.summary({ print: () => {} })).toBe(`Model: "siamese"
┌───────────────────────────┬──────────────────────┬─────────┬────────────────────┐
│ Layer (type)              │ Output Shape         │ Param # │ Connected to       │
├───────────────────────────┼──────────────────────┼─────────┼────────────────────┤
│ left (input)              │ [null, 4]            │       0 │ -                  │
│ right (input)             │ [null, 4]            │       0 │ -                  │
│ tower (Dense)             │ [null, 3], [null, 3] │      15 │ left; right        │
│ concatenate (Concatenate) │ [null, 6]            │       0 │ tower[0], tower[1] │
│ dense (Dense)             │ [null, 1]            │       7 │ concatenate        │
└───────────────────────────┴──────────────────────┴─────────┴────────────────────┘
 Total params: 22 (88.00 B)
 Trainable params: 22 (88.00 B)
 Non-trainable params: 0 (0.00 B)`);
  });
});

describe("a functional model that cannot be", () => {
  const [a, b] = [input([2], { name: "a" }), input([2], { name: "b" })];
  const sum = new Add().call(a, b);

  it("names the input that is missing, or of no use", () => {
    expect(() => new Functional({ inputs: a, outputs: sum })).toThrow(
      /all inputs that the output "output" is made of, got "a" without symbolic "b" \[null, 2\]/,
    );
    expect(() => new Functional({ inputs: [a, b], outputs: a })).toThrow(/got "b", which no output needs/);
  });

  it("wants symbolic tensors, each input once", () => {
    expect(() => new Functional({ inputs: [a, a], outputs: a })).toThrow(/each input once/);
    expect(() => new Functional({ inputs: [], outputs: a })).toThrow(/at least one symbolic tensor/);
    expect(() => new Functional({ inputs: ones([2]) as never, outputs: a })).toThrow(
      /got a Tensor\.\n {2}Draw the model/,
    );
    expect(() => new Functional({ input: a, outputs: a } as never)).toThrow(/Did you mean "inputs"/);
    expect(() => apply((x) => x, ones([2]))).toThrow(/a symbolic tensor among its inputs/);
    expect(() => apply(Dense as never, a)).toThrow(OptionError);
  });

  it("says which inputs it wants when called", () => {
    const model = new Functional({ inputs: [a, b], outputs: sum, name: "adder" });
    expect(() => model.call([[1, 2]])).toThrow(/^model "adder" \(Functional\): expected 2 inputs \(a, b\), got 1/);
    expect(() => model.call({ a: [[1, 2]] })).toThrow(/expected 2 inputs \(a, b\), got 1/);
    expect(() => model.call({ a: [[1, 2]], c: [[1, 2]] })).toThrow(/got "c"/);
    expect(() => model.call([[1, 2]], [[1, 2, 3]])).toThrow(/input "b": expected \[null, 2\], got \[1, 3\]/);
    expect(() => model.predict([[1, 2]])).toThrow(DataError);
    expect(() => model.predict([[1, 2]])).toThrow(/x as a list of 2, or by name: a, b/);
    expect(() => model.call([a, b] as never)).toThrow(ChainRuleError);
  });
});
