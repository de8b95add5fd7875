/**
 * Rows of one input and several inputs: which of them a list is, and that nothing given is ever left out.
 */
import { ChainRuleError, DataError, ModelError, ShapeError, type Tensor, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Add, Dense, Embedding, Functional, input, Lambda, Model, Module, Sequential, SGD } from "../index.ts";
import { inputRangeOf } from "../module/forward-inputs.ts";

const rows = [Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6)];
const y = [0, 1];

/** One input, said in no other way than by the parameter of forward. */
class One extends Model {
  dense = new Dense({ units: 1, kernelInitializer: "ones" });
  forward(x: Tensor) {
    return this.dense.call(x);
  }
}

/** Two inputs, by the parameters of forward alone. */
class Two extends Model {
  left = new Dense({ units: 1, kernelInitializer: "ones" });
  right = new Dense({ units: 1, kernelInitializer: "ones" });
  forward(a: Tensor, b: Tensor) {
    return this.left.call(a).add(this.right.call(b));
  }
}

class NamedTwo extends Two {
  override get inputNames() {
    return ["a", "b"];
  }
}

/** A second input that need not be given. */
class Optional extends One {
  override forward(x: Tensor, scale: Tensor = tensor(10)) {
    return super.forward(x).mul(scale);
  }
}

class Any extends One {
  override forward(...inputs: Tensor[]) {
    return super.forward(inputs.reduce((sum, x) => sum.add(x)));
  }
}

const functional = (count: number) => {
  const inputs = Array.from({ length: count }, (_, i) => input([3], { name: `in_${i}` }));
  const sum = count === 1 ? inputs[0] : new Add().call(...inputs);
  return new Functional({ inputs, outputs: new Dense({ units: 1, kernelInitializer: "ones" }).call(sum) });
};

const withOneInput = {
  Sequential: () => new Sequential([new Dense({ units: 1, kernelInitializer: "ones" })]),
  "Sequential that knows its shape": () =>
    new Sequential([new Dense({ units: 1, inputDim: 3, kernelInitializer: "ones" })]),
  Functional: () => functional(1),
  "a Model by its forward": () => new One(),
  "a Model with a default": () => new Optional(),
};

function compiled<M extends Model<Tensor>>(model: M): M {
  model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
  return model;
}

const message = async (f: () => unknown): Promise<ChainRuleError> => {
  try {
    await f();
  } catch (error) {
    expect(error).toBeInstanceOf(ChainRuleError);
    return error as ChainRuleError;
  }
  throw new Error("nothing was refused");
};

describe.each(Object.entries(withOneInput))("one input: %s", (_name, make) => {
  it("takes a list of typed arrays as rows, as tensor() does", async () => {
    const wanted = compiled(make()).predict(tensor(rows)).toArray();
    const model = compiled(make());
    expect(model.predict(rows).toArray()).toEqual(wanted);
    expect(model.predict(rows.map((row) => [...row])).toArray()).toEqual(wanted);
    const loss = (await model.evaluate(tensor(rows), tensor(y))).loss;
    const typed = [Float32Array.of(0), Float32Array.of(1)];
    for (const targets of [y, typed, Int32Array.from(y), [[0], [1]]]) {
      expect((await model.evaluate(rows, targets)).loss).toBe(loss);
      expect((await model.fit(rows, targets, { validationData: [rows, targets] })).history).toEqual({
        loss: [loss],
        val_loss: [loss],
      });
      expect((await model.fit(() => [[rows, targets]])).history).toEqual({ loss: [loss] });
    }
    expect(model.predict([rows[0]]).shape).toEqual([1, 1]);
    expect(model.predict([tensor(rows)]).toArray()).toEqual(wanted);
  });

  it("refuses more inputs than it has, with both counts, wherever data come in", async () => {
    const model = compiled(make());
    const surplus = Array.from({ length: 3 }, () => tensor(rows));
    const calls: (() => unknown)[] = [
      () => model.fit(surplus, y),
      () => model.evaluate(surplus, y),
      () => model.predict(surplus),
      () => model.fit(rows, y, { validationData: [surplus, y] }),
      () => model.fit(() => [[surplus, y]] as never),
      () => model.fit(rows, y, { validationData: () => [[surplus, y]] as never }),
    ];
    for (const call of calls) {
      const error = await message(call);
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(/x as (one tensor, for its one input|a list of 1 to 2), got a list of 3 tensors/);
    }
    const direct = await message(() => model.call(...surplus));
    expect(direct.message).toMatch(/one|two|1 inputs/);
    expect(direct.message).toMatch(/three|got 3/);
  });
});

describe("several inputs", () => {
  it("are counted by the parameters of forward, or by names", async () => {
    const parts = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
    const columns = parts.map((part) => tensor(part).unsqueeze(-1));
    for (const make of [() => new Two(), () => new NamedTwo()]) {
      const model = compiled(make());
      expect(model.predict(columns).toArray()).toEqual([[5], [7], [9]]);
      expect((await model.fit(columns, [5, 7, 9])).history.loss).toEqual([0]);
      for (const given of [
        [...columns, columns[0]],
        [...parts, parts[0]],
      ])
        expect((await message(() => model.fit(given, [5, 7, 9]))).message).toMatch(/x as a list of 2.*got a list of 3/);
    }
    // Typed arrays, too, are one for each input.
    class Vectors extends Model {
      forward(a: Tensor, b: Tensor) {
        return a.add(b.mul(10));
      }
    }
    expect(new Vectors().predict(parts).toArray()).toEqual([41, 52, 63]);
    expect(
      functional(2)
        .predict([tensor(rows), tensor(rows)])
        .toArray(),
    ).toEqual([[12], [30]]);
  });

  it("that are too few are told by both counts", async () => {
    const x = zeros([2, 1]);
    expect((await message(() => new Two().call(x))).message).toMatch(/two inputs.*got one/);
    expect((await message(() => compiled(new Two()).fit(x, y))).message).toMatch(/two inputs.*got one/);
    expect((await message(() => compiled(new NamedTwo()).fit(x, y))).message).toMatch(/a list of 2.*one tensor/);
    expect((await message(() => functional(2).predict(x))).message).toMatch(/a list of 2/);
    expect((await message(() => functional(2).call(x))).message).toMatch(/2 inputs.*got 1/);
  });

  it("with a default value need not be given, and are taken where they are tensors", () => {
    expect(new Optional().predict(rows).toArray()).toEqual([[60], [150]]);
    expect(
      new Optional().predict([tensor(rows), tensor([2, 3])].map((x, i) => (i ? x.unsqueeze(-1) : x))).toArray(),
    ).toEqual([[12], [45]]);
  });

  it("in any number are tensors; typed arrays might be rows", async () => {
    expect(new Any().predict([tensor(rows), tensor(rows)]).toArray()).toEqual([[12], [30]]);
    expect(new Any().predict([[1, 2, 3]]).toArray()).toEqual([[6]]);
    const error = await message(() => new Any().predict(rows));
    expect(error.message).toMatch(/a list of 2 typed arrays, which may be its rows or 2 inputs\.\n.*tensor\(x\)/);
  });

  it("of a layer or module are never dropped", async () => {
    const x = tensor(rows);
    class Plain extends Module {
      forward(x: Tensor) {
        return x;
      }
    }
    const modules: Module[] = [
      new Dense(2),
      new Lambda((x) => x),
      new Sequential([new Dense(2)]),
      new Plain(),
      new One(),
    ];
    for (const module of modules) {
      const error = await message(() => module.call(x, x));
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toMatch(/expected one input, got two/);
      expect((await message(() => module.call(input([3]), input([3])))).message).toMatch(/expected one input/);
    }
  });
});

describe("several outputs", () => {
  class Pair extends Model<readonly [Tensor, Tensor]> {
    forward(x: Tensor): readonly [Tensor, Tensor] {
      return [x.sum(-1), x.mean(-1)];
    }
    parts = new Dense(1);
  }

  it("are counted before typed arrays are taken as targets", async () => {
    const model = new Pair();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
    const targets = [Float32Array.of(6, 15), Float32Array.of(2, 5)];
    expect((await model.evaluate(rows, targets)).loss).toBe(0);
    expect((await message(() => model.evaluate(rows, [...targets, targets[0]]))).message).toMatch(
      /y as a list of 2.* got a list of 3/,
    );
    expect((await message(() => compiled(new One()).evaluate(rows, [tensor(y), tensor(y)]))).message).toMatch(
      /one for each of the 1 outputs.*got 2|its one output, got a list of 2 tensors/,
    );
  });
});

describe("validation data", () => {
  const x = zeros([4, 3]);
  const good = [0, 1, 0, 1];
  const epochs = async (model: Model<Tensor>, data: unknown, options: object = {}) => {
    const seen: number[] = [];
    const onEpochEnd = (epoch: number) => {
      seen.push(epoch);
    };
    const weights = () => [...model.namedParameters().values()];
    const before = weights().map((weight) => weight.detach());
    const error = await message(() =>
      model.fit(x, good, { epochs: 3, validationData: data as never, callbacks: [{ onEpochEnd }], ...options }),
    );
    return { seen, error, same: before.every((value, i) => value.equal(weights()[i]).all().item() === 1) };
  };

  it.each(Object.keys(withOneInput))("of other features are refused before the first step: %s", async (name) => {
    const data = [zeros([2, 2]), tensor([0, 1])] as const;
    function* once() {
      yield data;
    }
    async function* later() {
      yield data;
    }
    const sources = [data, [data, data], () => [data], new Set([data]), () => once(), () => later()];
    for (const given of sources) {
      const { seen, error, same } = await epochs(compiled(withOneInput[name as "Sequential"]()), given);
      expect(seen).toEqual([]);
      expect(same).toBe(true);
      expect(error).toBeInstanceOf(ShapeError);
      expect(error.message).toMatch(/^fit, validationData/);
    }
    const { error } = await epochs(compiled(withOneInput[name as "Sequential"]()), once(), { epochs: 1 });
    expect(error.message).toMatch(/^fit, validationData/);
  });

  it("of another number of targets, or targets that the loss refuses, are as well", async () => {
    const model = compiled(new One());
    expect((await epochs(model, [x, [1]])).error.message).toMatch(/^fit, validationData.*4 and 1 samples/);
    const { error, seen } = await epochs(model, [x, zeros([4, 2])]);
    expect([error.message.startsWith("fit, validationData"), seen]).toEqual([true, []]);
  });

  it("are the first pass after they were looked at, and change nothing by it", async () => {
    let started = 0;
    const batches = () => {
      started++;
      return [[zeros([1, 3]), [1]] as const, [zeros([2, 3]), [1, 1]] as const];
    };
    const noisy = new Sequential([new Lambda((x) => x.sum(-1, { keepDims: true })), new Dense(1)]);
    const model = compiled(noisy);
    const { history } = await model.fit(zeros([2, 7]), [1, 1], { epochs: 2, validationData: batches });
    expect([started, history.val_loss]).toEqual([2, [1, 1]]);
  });

  it("behind training batches are tried once the first batch has made the weights", async () => {
    const model = compiled(new One());
    let steps = 0;
    const onBatchEnd = () => {
      steps++;
    };
    const error = await message(() =>
      model.fit(
        () =>
          [
            [x, good],
            [x, good],
          ] as never,
        {
          validationData: [zeros([2, 2]), [0, 1]],
          callbacks: [{ onBatchEnd }],
        },
      ),
    );
    expect(error.message).toMatch(/fit, validationData/);
    expect(steps).toBe(0);
  });
});

describe("indices beyond 2^24", () => {
  it("are not rounded by an Embedding", async () => {
    const layer = new Embedding({ inputDim: 2 ** 24 + 2, outputDim: 1, embeddingsInitializer: "zeros" });
    layer.embeddings.assign(layer.embeddings.detach().add(0));
    const index = 2 ** 24 + 1;
    const storage = layer.embeddings.storage as Float32Array;
    storage[index] = 7;
    expect(layer.call([[index]]).item()).toBe(7);
    expect(layer.call(Int32Array.of(index)).item()).toBe(7);
    const error = await message(() => layer.call(tensor([[index]])));
    expect(error.message).toMatch(/int32/);
    const model = new Sequential([layer]);
    expect(model.predict(tensor([[index]], { dtype: "int32" })).item()).toBe(7);
    expect((await message(() => model.predict([[index]]))).message).toMatch(/int32/);
  });
});

describe("the inputs of a function", () => {
  it("are read off its parameters", () => {
    const functions: [(...args: never[]) => unknown, number, number][] = [
      [(x: number) => x, 1, 1],
      [(x: number, y: number) => x + y, 2, 2],
      [({ a, b }: { a: number; b: number }, [c, d]: number[] = [1, 2]) => a + b + c + d, 1, 2],
      [(x: number, text = "a, (b", f = (p: number, q: number) => p + q) => `${x}${text}${f}`, 1, 3],
      [(...all: readonly number[]) => all, 0, Number.POSITIVE_INFINITY],
      [(x: number, ...all: readonly number[]) => [x, all], 1, Number.POSITIVE_INFINITY],
      [new Two().forward, 2, 2],
      [new Two().forward.bind(null), 2, Number.POSITIVE_INFINITY],
      [() => 1, 0, 1],
      [
        function () {
          return arguments;
        },
        0,
        Number.POSITIVE_INFINITY,
      ],
      [
        (
          x: number /* the first, and */,
          // the second, (
          y: number,
        ) => x + y,
        2,
        2,
      ],
    ];
    for (const [f, least, most] of functions)
      expect([String(f), inputRangeOf(f)]).toEqual([String(f), { least, most }]);
  });
});
