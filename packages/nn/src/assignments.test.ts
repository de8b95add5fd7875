/**
 * What is assigned has an effect, or is refused in our words.
 */
import { ChainRuleError, OptionError, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { madeLayers } from "../test/call-table.ts";
import { subclassesOf } from "../test/public.ts";
import * as nn from "./index.ts";

const assign = (object: object, name: string, value: unknown) => {
  (object as Record<string, unknown>)[name] = value;
};

const compiled = () => {
  const model = new nn.Sequential([new nn.Dense({ units: 1, inputDim: 2 })]);
  return model.compile({ optimizer: new nn.SGD({ lr: 0.1 }), loss: "mse" });
};

/** All getters of an object without a setter, by the classes that have them. */
function* readOnly(object: object): Iterable<string> {
  for (let at = Object.getPrototypeOf(object); at !== Object.prototype && at; at = Object.getPrototypeOf(at))
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (get && name !== "updatesSpent") yield name;
}

const entry = nn.input([2]);
const things: readonly [string, () => object][] = [
  ["Sequential", compiled],
  ["Functional", () => new nn.Functional({ inputs: entry, outputs: new nn.Dense(1).call(entry) })],
  ["SGD", () => new nn.SGD([])],
  ...madeLayers,
].map(([name, make]) => [name, name === "SGD" ? () => compiled().optimizer : make] as never);

describe("an assignment", () => {
  it.each(things)("of what can only be read is refused in our words: %s", (_name, make) => {
    const object = make();
    for (const name of readOnly(object))
      try {
        assign(object, name, Symbol("nothing"));
      } catch (error) {
        expect(error, name).toBeInstanceOf(ChainRuleError);
      }
  });

  it("of an optimizer's option is refused, and of the learning rate is taken by both its names", () => {
    for (const name of subclassesOf(nn.Optimizer)) {
      const Class = (nn as never as Record<string, new (options?: object) => nn.Optimizer>)[name];
      const optimizer = new Class();
      for (const option of Object.keys(optimizer.rule.defaults).filter((each) => each !== "lr"))
        expect(() => assign(optimizer, option, 0.5), `${name}.${option}`).toThrow(OptionError);
      expect(() => assign(optimizer, "weight_decay", 1)).toThrow(/all else is said when it is made/);
      expect(() => assign(optimizer, "learning_rate", 1)).toThrow(/The learning rate is set by lr/);
      expect(() => assign(optimizer, "iterations", 5)).toThrow(
        /iterations: expected it to be read alone, got an assignment of the number 5/,
      );
    }
    const { optimizer } = compiled();
    optimizer.learningRate = 0.25;
    expect([optimizer.lr, optimizer.learningRate, optimizer.groups[0].lr.item()]).toEqual([0.25, 0.25, 0.25]);
    expect(() => assign(optimizer, "learningRate", -1)).toThrow(ChainRuleError);
  });

  it("of what a model is compiled with is refused once it is, with what to do", () => {
    const model = compiled();
    expect(() => assign(model, "lr", 0.5)).toThrow(/model\.optimizer\.lr = /);
    expect(() => assign(model, "learningRate", 0.5)).toThrow(/model\.optimizer\.lr = /);
    expect(() => assign(model, "loss", "mae")).toThrow(/Compile the model again/);
    expect(() => assign(model, "metrics", [])).toThrow(OptionError);
    expect(() => assign(model, "optimizer", new nn.Adam())).toThrow(/optimizer: expected it to be read alone/);
    expect(() => assign(model, "history", {})).toThrow(OptionError);
  });

  it("of a layer's option is refused once it is built", () => {
    for (const [name, make] of madeLayers) {
      const layer = make();
      if (!(layer instanceof nn.Layer) || !layer.built) continue;
      for (const option of ["kernelInitializer", "useBias", "biasRegularizer", "dtype"].filter((each) =>
        layer.isSettled(each),
      ))
        if (!Object.hasOwn(layer, option))
          expect(() => assign(layer, option, 1), `${name}.${option}`).toThrow(OptionError);
    }
    const dense = new nn.Dense({ units: 2, inputDim: 3 });
    expect(() => assign(dense, "useBias", false)).toThrow(
      /layer "dense" \(Dense\): expected useBias where it has an effect/,
    );
    expect(() => assign(dense, "inputDim", 5)).toThrow(/new Dense\(\{ inputDim: … \}\)/);
  });

  it("is free for what is one's own", () => {
    class Scale extends nn.Layer {
      constructor(options: nn.LayerOptions & { factor?: number; useBias?: boolean } = {}) {
        super(options, ["factor", "useBias"]);
        assign(this, "factor", options.factor ?? 2);
        assign(this, "useBias", options.useBias ?? true);
      }
      forward(x: Tensor) {
        return x.mul((this as never as { factor: number }).factor);
      }
    }
    const layer = new Scale({ factor: 3 });
    expect(layer.call(tensor([1])).toArray()).toEqual([3]);
    assign(layer, "factor", 4);
    assign(layer, "note", "of my own");
    expect([layer.call(tensor([1])).toArray(), Object.keys(layer).includes("note")]).toEqual([[4], true]);
    class Net extends nn.Model {
      constructor() {
        super();
        assign(this, "loss", "mine");
        assign(this, "dense", new nn.Dense(1));
      }
      forward(x: Tensor) {
        return (this as never as { dense: nn.Dense }).dense.call(x);
      }
    }
    const net = new Net().compile({ loss: "mse" });
    assign(net, "loss", "still mine");
    expect((net as never as { loss: string }).loss).toBe("still mine");
  });
});
