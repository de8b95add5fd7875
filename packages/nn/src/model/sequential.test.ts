/**
 * Sequential: names, shapes, nesting and the summary.
 */
import { ModelError, OptionError, randn, ShapeError, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { BatchNorm, Dense, Flatten, Linear, Model, Module, Sequential } from "../index.ts";

const names = (model: Sequential) => model.layers.map((layer) => layer.name);

describe("the names of layers", () => {
  it("are those of their classes, numbered where they are equal", () => {
    const model = new Sequential([
      new Dense({ units: 2 }),
      new Flatten(),
      new Dense({ units: 2 }),
      new Dense({ units: 2 }),
    ]);
    expect(names(model)).toEqual(["dense", "flatten", "dense_1", "dense_2"]);
  });

  it("are their own where they have one, and those of functions", () => {
    const twice = (input: Tensor) => input.mul(2);
    const model = new Sequential([new Dense({ units: 2, name: "hidden" }), twice, twice, (input) => input]);
    expect(names(model)).toEqual(["hidden", "twice", "twice_1", "lambda"]);
    expect(new Sequential([], { name: "net" }).name).toBe("net");
    expect(new Sequential().name).toBe("sequential");
  });

  it("stay the same when a layer stands twice in a model, whose weights are then shared", () => {
    const dense = new Dense({ units: 3, inputDim: 3 });
    const model = new Sequential([dense, dense]);
    expect(names(model)).toEqual(["dense", "dense"]);
    expect(model.countParameters().total).toBe(12);
  });

  it("stand in errors", () => {
    const model = new Sequential([new Dense({ units: 2 }), new Linear(3, 1)], { name: "net" });
    expect(() => model.call(randn([5, 4]))).toThrow(/model "net" \(Sequential\): layer "linear" \(Linear\)/);
  });
});

describe("the weights", () => {
  it("are made at once where the first layer says what its input looks like", () => {
    const model = new Sequential([
      new Dense({ units: 8, inputDim: 4 }),
      (input) => input.relu(),
      new Dense({ units: 2 }),
    ]);
    expect([...model.namedParameters().values()].map((p) => p.shape)).toEqual([[4, 8], [8], [8, 2], [2]]);
    expect(model.outputShape([null, 4])).toEqual([null, 2]);
    expect(model.inputShape).toEqual([null, 4]);
  });

  it("are made at the first call otherwise", () => {
    const model = new Sequential([new Dense({ units: 8 }), new Dense({ units: 2 })]);
    expect([...model.namedParameters()]).toEqual([]);
    expect(() => model.parameters()).toThrow(/layer "dense" \(Dense\) at layers\.0.*\n.*inputDim.*new Adam\(model\)/);
    expect(model.inputShape).toBeNull();
    expect(model.call(randn([3, 5])).shape).toEqual([3, 2]);
    expect(model.countParameters().total).toBe(5 * 8 + 8 + 8 * 2 + 2);
  });

  it("are saved and loaded by name", () => {
    const make = () => new Sequential([new Dense({ units: 3, inputDim: 2 }), new BatchNorm()]);
    const [one, two] = [make(), make()];
    two.loadStateDict(one.stateDict());
    const input = randn([4, 2]);
    expect(two.predict(input).toArray()).toEqual(one.predict(input).toArray());
    expect(Object.keys(one.stateDict())[0]).toBe("layers.0.kernel");
  });
});

describe("layers", () => {
  it("can be added one by one and taken away again", () => {
    const model = new Sequential().add(new Dense({ units: 8, inputDim: 4 })).add(new Dense({ units: 2 }));
    expect(model.pop()).toBeInstanceOf(Dense);
    expect(model.layers.length).toBe(1);
    expect(model.add(new Dense({ units: 3 })).call(randn([1, 4])).shape).toEqual([1, 3]);
    expect(names(model)).toEqual(["dense", "dense_1"]);
  });

  it("that do not fit are refused by name, and the model stays as it was", () => {
    const model = new Sequential([new Dense({ units: 8, inputDim: 4 })]);
    expect(() => model.add(new Dense({ units: 2, inputDim: 9 }))).toThrow(ShapeError);
    expect(() => model.add(new Dense({ units: 2, inputDim: 9 }))).toThrow(
      /layer "dense_1" \(Dense\): input.*\[batch, .., 9\], got \[null, 8\]/,
    );
    expect(() => model.add((input) => input.reshape([7, 7]))).toThrow(/^layer "lambda" \(Lambda\): reshape/);
    expect(model.layers.length).toBe(1);
  });

  it("must be layers", () => {
    expect(() => new Sequential([3 as never])).toThrow(ModelError);
    expect(() => new Sequential([Dense as never])).toThrow(/new Dense/);
    expect(() => new Sequential(new Dense({ units: 1 }) as never)).toThrow(OptionError);
    expect(() => new Sequential([], { nmae: "net" } as object)).toThrow(/Did you mean "name"/);
  });
});

describe("a Sequential in a Sequential", () => {
  const nested = () => {
    const encoder = new Sequential([new Dense({ units: 3, inputDim: 6, activation: "relu" })]);
    return new Sequential([encoder, new Sequential([new Dense({ units: 6 })])]);
  };

  it("is a layer like any other", async () => {
    const model = nested();
    expect(names(model)).toEqual(["sequential", "sequential_1"]);
    expect(model.inputShape).toEqual([null, 6]);
    expect(model.countParameters().total).toBe(6 * 3 + 3 + 3 * 6 + 6);
    model.compile({ optimizer: "adam", loss: "mse" });
    const input = randn([16, 6]);
    const { history } = await model.fit(input, input, { epochs: 20 });
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0]);
  });

  it("names the way to an error", () => {
    expect(() => nested().call(randn([2, 5]))).toThrow(
      /model "sequential" \(Sequential\): model "sequential" \(Sequential\): layer "dense" \(Dense\)/,
    );
  });
});

describe("summary", () => {
  const silent = { print: () => {} };

  it("is Keras's table", () => {
    const model = new Sequential([
      new Dense({ units: 128, inputDim: 784, activation: "relu" }),
      new BatchNorm(),
      new Dense({ units: 10, name: "scores" }),
    ]);
    expect(model.summary(silent)).toBe(
      [
        'Model: "sequential"',
        "┌────────────────────────┬──────────────┬─────────┐",
        "│ Layer (type)           │ Output Shape │ Param # │",
        "├────────────────────────┼──────────────┼─────────┤",
        "│ dense (Dense)          │ [null, 128]  │ 100,480 │",
        "│ batch_norm (BatchNorm) │ [null, 128]  │     512 │",
        "│ scores (Dense)         │ [null, 10]   │   1,290 │",
        "└────────────────────────┴──────────────┴─────────┘",
        " Total params: 102,282 (399.54 KB)",
        " Trainable params: 102,026 (398.54 KB)",
        " Non-trainable params: 256 (1.00 KB)",
      ].join("\n"),
    );
  });

  it("is printed", () => {
    const printed: string[] = [];
    const text = new Sequential([new Dense({ units: 1 })]).summary({ print: (line) => printed.push(line) });
    expect(printed).toEqual([text]);
    expect(text).toMatch(/│ dense \(Dense\) │ \? {12}│ not made yet │[\s\S]*say inputDim or inputShape/);
    expect(() => new Sequential().summary({ pirnt: () => {} } as object)).toThrow(/Did you mean "print"/);
  });

  it("of a model by subclass has its parts", () => {
    class Block extends Module {
      inner = new Linear(4, 4);
      forward(input: Tensor) {
        return this.inner.call(input);
      }
    }
    class Net extends Model {
      block = new Block();
      heads = [new Linear(4, 2), new Linear(4, 3)];
      forward(input: Tensor) {
        return this.heads[0].call(this.block.call(input));
      }
    }
    const lines = new Net().summary(silent).split("\n");
    expect(lines[0]).toBe('Model: "net"');
    expect(
      lines.slice(4, 7).map((row) =>
        row
          .split("│")
          .map((cell) => cell.trim())
          .slice(1, 4),
      ),
    ).toEqual([
      ["block (Block)", "?", "20"],
      ["heads.0 (Linear)", "[null, 2]", "10"],
      ["heads.1 (Linear)", "[null, 3]", "15"],
    ]);
  });
});
