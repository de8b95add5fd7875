import { inspect } from "node:util";
import {
  buffer,
  ChainRuleError,
  ModelError,
  ones,
  type Parameter,
  parameter,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { BatchNorm, Dense, Dropout, Linear } from "../layers/index.ts";
import { Lambda, toModule } from "../layers/shaping.ts";
import { Module } from "./module.ts";

class Net extends Module {
  fc1 = new Linear(4, 8);
  fc2 = new Linear(8, 3);

  forward(x: Tensor): Tensor {
    return this.fc2.call(this.fc1.call(x).relu());
  }
}

/** Holds its parts in every way that is looked into. */
class Everything extends Module {
  scale = parameter([1, 2]);
  layers = [new Linear(2, 2), new Linear(2, 2)];
  heads = { left: new Linear(2, 1), right: new Linear(2, 1, { bias: false }) };
  experts = new Map([["first", new Linear(2, 1, { bias: false })]]);
  gains = new Set([parameter(1)]);
  steps = buffer(0);
  notes = { about: "nothing", sizes: [1, 2, 3] };

  forward(x: Tensor): Tensor {
    return x.mul(this.scale);
  }
}

describe("a module's parts", () => {
  it("are found in its properties, in arrays, plain objects, maps and sets, in order", () => {
    expect([...new Everything().namedParameters().keys()]).toEqual([
      "scale",
      "layers.0.weight",
      "layers.0.bias",
      "layers.1.weight",
      "layers.1.bias",
      "heads.left.weight",
      "heads.left.bias",
      "heads.right.weight",
      "experts.first.weight",
      "gains.0",
    ]);
    expect([...new Everything().namedBuffers().keys()]).toEqual(["steps"]);
  });

  it("count once where they are shared", () => {
    class Tied extends Module {
      encoder = new Linear(3, 3);
      decoder = this.encoder;
      again = { weight: this.encoder.weight };
      forward(x: Tensor) {
        return this.decoder.call(this.encoder.call(x));
      }
    }
    expect([...new Tied().namedParameters().keys()]).toEqual(["encoder.weight", "encoder.bias"]);
    expect(new Tied().countParameters().total).toBe(12);
    expect(new Tied().modules()).toHaveLength(2);
  });

  it("are found where modules point at each other in a circle", () => {
    class Child extends Module {
      weight = parameter(1);
      parent: Module | null = null;
      forward(x: Tensor) {
        return x;
      }
    }
    class Parent extends Module {
      child = new Child();
      forward(x: Tensor) {
        return x;
      }
    }
    const parent = new Parent();
    parent.child.parent = parent;
    expect(parent.parameters()).toHaveLength(1);
    expect(parent.modules()).toEqual([parent, parent.child]);
  });

  it("are counted by what training changes", () => {
    const net = new Net();
    expect(net.countParameters()).toEqual({ total: 67, trainable: 67, nonTrainable: 0 });
    for (const weight of net.fc1.parameters()) weight.requiresGrad = false;
    expect(net.countParameters()).toEqual({ total: 67, trainable: 27, nonTrainable: 40 });
    expect(net.parameters()).toHaveLength(4);
  });
});

describe("calling a module", () => {
  it("computes what forward computes, also of plain numbers", () => {
    expect(new Net().call(zeros([5, 4])).shape).toEqual([5, 3]);
    expect(new Net().call([[1, 2, 3, 4]]).shape).toEqual([1, 3]);
  });

  it("passes several inputs, and several results", () => {
    class Both extends Module<[Tensor, Tensor]> {
      forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
        return [a.add(b), a.sub(b)];
      }
    }
    const [sum, difference] = new Both().call(3, 2);
    expect([sum.item(), difference.item()]).toEqual([5, 1]);
  });

  it("sends gradients to all parameters, and not to frozen ones", () => {
    const net = new Net();
    net.fc1.weight.requiresGrad = false;
    net
      .call(ones([2, 4]))
      .sum()
      .backward();
    expect(net.parameters().map((weight) => weight.grad !== null)).toEqual([false, true, true, true]);
    net.zeroGrad();
    expect(net.parameters().every((weight) => weight.grad === null)).toBe(true);
  });

  it("names the layer in errors: by its place, where it has no name of its own", () => {
    const net = new Net();
    expect(() => net.call(zeros([5, 3]))).toThrow(
      /^module "net" \(Net\): layer "fc1" \(Linear\): input: expected shape \[.., 4\], got \[5, 3\]/,
    );
    net.fc1.name = "encoder";
    net.name = "mine";
    expect(() => net.call(zeros([5, 3]))).toThrow(/^module "mine" \(Net\): layer "encoder" \(Linear\): input/);
    expect(() => net.call(zeros([5, 3]))).toThrow(ShapeError);
  });

  it("leaves errors of others as they are", () => {
    const broken = toModule(() => {
      throw new RangeError("not ours");
    });
    expect(() => broken.call(1)).toThrow(new RangeError("not ours"));
  });

  it("says so when forward forgets to return, or is async", () => {
    class Silent extends Module {
      forward(): Tensor {
        return undefined as never;
      }
    }
    class Later extends Module<Promise<Tensor>> {
      async forward(x: Tensor) {
        return x;
      }
    }
    expect(() => new Silent().call(1)).toThrow(/Is a return missing in forward/);
    expect(() => new Later().call(1)).toThrow(/forward cannot be async/);
  });
});

describe("in the console", () => {
  it("a module is a list of its parts", () => {
    class Outer extends Module {
      gain = parameter([1, 2]);
      blocks = [new Net(), new BatchNorm({ inputDim: 3 })];
      last = new Dense(2);
      forward(x: Tensor) {
        return x;
      }
    }
    expect(inspect(new Outer())).toBe(
      [
        "Outer, gain [2]",
        "  blocks.0: Net",
        "    fc1: Linear, weight [8, 4], bias [8]",
        "    fc2: Linear, weight [3, 8], bias [3]",
        "  blocks.1: BatchNorm, gamma [3], beta [3], runningMean [3], runningVar [3]",
        "  last: Dense",
      ].join("\n"),
    );
  });
});

describe("modes", () => {
  it("reach all modules within", () => {
    class Block extends Module {
      parts = [new Dropout(0.5), new BatchNorm()];
      forward(x: Tensor) {
        return x;
      }
    }
    const block = new Block();
    expect(block.training && block.parts.every((part) => part.training)).toBe(true);
    expect(block.eval()).toBe(block);
    expect(block.modules().some((part) => part.training)).toBe(false);
    expect(
      block
        .train()
        .modules()
        .every((part) => part.training),
    ).toBe(true);
  });
});

describe("the state", () => {
  it("goes from one module to another of the same build, weights and buffers", () => {
    const build = () =>
      new (class extends Module {
        dense = new Dense({ units: 2, inputDim: 3 });
        norm = new BatchNorm({ inputDim: 2 });
        forward(x: Tensor) {
          return this.norm.call(this.dense.call(x));
        }
      })();
    const [a, b] = [build(), build()];
    const x = randn([6, 3]);
    a.call(x);
    b.loadStateDict(a.stateDict());
    expect(Object.keys(a.stateDict())).toEqual([
      "dense.kernel",
      "dense.bias",
      "norm.gamma",
      "norm.beta",
      "norm.runningMean",
      "norm.runningVar",
    ]);
    expect(b.eval().call(x).toArray()).toEqual(a.eval().call(x).toArray());
  });

  it("is a snapshot: training on does not change it, and no gradient goes through it", () => {
    const layer = new Linear(1, 1);
    layer.weight.assign([[1]]);
    const state = layer.stateDict();
    layer.weight.assign([[2]]);
    expect(state.weight.toArray()).toEqual([[1]]);
    expect(state.weight.requiresGrad).toBe(false);
    layer.loadStateDict(state);
    expect(layer.weight.toArray()).toEqual([[1]]);
    expect(layer.weight.requiresGrad).toBe(true);
  });

  it("survives JSON", () => {
    const net = new Net();
    const other = new Net();
    other.loadStateDict(JSON.parse(JSON.stringify(net.stateDict())));
    expect(other.fc2.weight.toArray()).toEqual(net.fc2.weight.toArray());
    const precise = new Linear(2, 2, { dtype: "float64" });
    const copy = new Linear(2, 2, { dtype: "float64" });
    copy.loadStateDict(JSON.parse(JSON.stringify(precise.stateDict())));
    expect(copy.weight.toArray()).toEqual(precise.weight.toArray());
  });

  it("is refused as a whole where names or shapes differ, and nothing changes", () => {
    const net = new Net();
    const before = net.fc1.bias?.toArray();
    const { "fc1.weight": weight, ...rest } = net.stateDict();
    expect(() => net.loadStateDict({ ...rest, "fc1.wieght": weight, "fc1.bias": ones([8]) })).toThrow(
      /got no fc1\.weight, and also fc1\.wieght.*\n.*Did you mean "fc1\.weight"/,
    );
    expect(() => net.loadStateDict({ ...net.stateDict(), "fc1.bias": ones([8]), "fc2.bias": ones([4]) })).toThrow(
      /expected fc2\.bias of shape \[3\], got \[4\]/,
    );
    expect(() => net.loadStateDict({})).toThrow(ModelError);
    expect(net.fc1.bias?.toArray()).toEqual(before);
  });

  it("says that layers without an input have no weights yet", () => {
    expect(() => new Dense(3).loadStateDict({ kernel: ones([2, 3]) })).toThrow(
      /give its first layer inputDim, or call it once/,
    );
  });
});

describe("penalties", () => {
  class Penalised extends Module {
    first = new Dense({ units: 1, inputDim: 1, kernelInitializer: "ones", kernelRegularizer: "l2" });
    extra: Parameter = parameter(3);
    adds = true;

    forward(x: Tensor): Tensor {
      if (this.adds) this.addPenalty(this.extra.square());
      return this.first.call(x);
    }
  }

  it("are those of all modules within, and what forward added", () => {
    const net = new Penalised();
    expect(net.penalty()?.item()).toBeCloseTo(0.01, 8);
    net.call([[1]]);
    net.call([[1]]);
    expect(net.penalty()?.item()).toBeCloseTo(9.01, 5);
  });

  it("send gradients", () => {
    const net = new Penalised();
    net.call([[1]]);
    net.penalty()?.backward();
    expect(net.extra.grad?.item()).toBe(6);
    expect(net.first.kernel.grad?.item()).toBeCloseTo(0.02, 8);
  });

  it("of an earlier call do not count: their graph is gone", () => {
    const net = new Penalised();
    net.call([[1]]);
    net.adds = false;
    net.call([[1]]);
    expect(net.penalty()?.item()).toBeCloseTo(0.01, 8);
  });

  it("add up where a layer is called twice within one call", () => {
    class Twice extends Module {
      layer = new Dense({ units: 1, inputDim: 1, kernelInitializer: "ones", activityRegularizer: (y) => y.sum() });
      forward(x: Tensor) {
        return this.layer.call(this.layer.call(x).mul(2));
      }
    }
    const net = new Twice();
    net.call([[1], [2]]);
    expect(net.penalty()?.item()).toBeCloseTo((3 + 6) / 2, 6);
  });
});

describe("an error of one's own, thrown in forward", () => {
  class Refused extends ChainRuleError {
    readonly code: number;
    readonly detail: Record<string, number>;
    constructor(code: number, detail: Record<string, number>) {
      super({ where: "own", expected: "something else", got: `code ${code}` });
      this.code = code;
      this.detail = detail;
    }
  }
  class Plain extends Error {
    code = 7;
  }
  const failing = (error: Error) =>
    new (class Net extends Module {
      inner = new Lambda(() => {
        throw error;
      });
      forward(x: Tensor) {
        return this.inner.call(x);
      }
    })();
  const caught = (error: Error): unknown => {
    try {
      failing(error).call(tensor([1]));
    } catch (found) {
      return found;
    }
    throw new Error("nothing was thrown");
  };

  it("comes out as what it is, with the layer's name in front where it is of this library's kind", () => {
    const detail = { at: 3 };
    const found = caught(new Refused(5, detail)) as Refused;
    expect(found).toBeInstanceOf(Refused);
    expect([found.code, found.detail === detail, found.got, found.name]).toEqual([5, true, "code 5", "Refused"]);
    expect(found.message).toMatch(/^module "net" \(Net\): layer "inner" \(Lambda\): own: expected something else/);
    const plain = new Plain("as it is");
    expect(caught(plain)).toBe(plain);
    expect(plain.message).toBe("as it is");
  });
});
