/**
 * What users' functions go by in plain JavaScript while a model is trained, evaluated and used: compiled, histories are
 * those of eager execution.
 */
import { customGradient, Generator, manualSeed, randn, type Tensor, tensor } from "@chainrule/core";
import { defineLoss } from "@chainrule/losses";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { layerTable } from "../../test/layer-table.ts";
import {
  Adam,
  BatchNorm,
  Dense,
  Dropout,
  defineOptimizer,
  type FitOptions,
  type Hooks,
  Lambda,
  Layer,
  Metric,
  Model,
  type Module,
  Sequential,
  SGD,
} from "../index.ts";
import { changesOutside } from "./outside-changes.ts";
import { hasUserCode } from "./user-code.ts";

const x = randn([48, 4], { generator: new Generator(1) });
const y = x.sum(1, { keepDims: true }).sin();

let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Training {
  readonly model: Model;
  readonly options?: FitOptions;
}

/** Does something of its own before each epoch, or each batch. */
const atEpoch = (f: (epoch: number) => void): Hooks => ({ onEpochBegin: f });
const atBatch = (f: (batch: number) => void): Hooks => ({ onBatchEnd: f });

const dense = () => new Dense({ units: 1, inputDim: 4 });
const squares = (p: Tensor, t: Tensor) => p.sub(t).square().mean();

function withLoss(loss: (p: Tensor, t: Tensor) => Tensor, ...callbacks: Hooks[]): Training {
  const model = new Sequential([dense()]).compile({ optimizer: new SGD({ lr: 0.05 }), loss });
  return { model, options: { callbacks } };
}

function withLayers(layers: (Module | ((h: Tensor) => Tensor))[], ...callbacks: Hooks[]): Training {
  const model = new Sequential([...layers, new Dense({ units: 1 })]);
  model.compile({ optimizer: new SGD({ lr: 0.002 }), loss: "mse" });
  return { model, options: { callbacks } };
}

class Phased extends Layer {
  phase = 0;
  settings = { nested: { shift: 0 } };
  static scale = 1;
  #secret = 0;
  get secret() {
    return this.#secret;
  }
  setSecret(value: number) {
    this.#secret = value;
  }
  forward(h: Tensor) {
    return h.mul(Phased.scale).add(this.phase + this.settings.nested.shift + this.secret);
  }
}

const instances: Record<string, () => Training> = {
  "a closure of the loss, by epoch": () => {
    let beta = 0;
    return withLoss(
      (p, t) => squares(p, t).add(beta),
      atEpoch((epoch) => {
        beta = epoch;
      }),
    );
  },
  "a closure of the loss, by batch": () => {
    let beta = 0;
    return withLoss(
      (p, t) => squares(p, t).add(beta),
      atBatch((batch) => {
        beta = batch;
      }),
    );
  },
  "a closure of the loss, in one batch of the third epoch": () => {
    let beta = 0;
    let batches = 0;
    return withLoss(
      (p, t) => squares(p, t).mul(1 + beta),
      atBatch(() => {
        if (++batches === 14) beta = 3;
      }),
    );
  },
  "a closure of the loss, that is looked at after a while": () => {
    let rate = 1;
    return withLoss(
      (p, t) => squares(p, t).mul(rate),
      atEpoch((epoch) => {
        rate = epoch < 4 ? 1 : 0.1;
      }),
    );
  },
  "a counter in the loss": () => {
    let steps = 0;
    return withLoss((p, t) => squares(p, t).mul(1 / ++steps));
  },
  "a counter in the loss that matters later": () => {
    let steps = 0;
    return withLoss((p, t) => squares(p, t).mul(++steps > 20 ? 0.1 : 1));
  },
  "one event in the loss": () => {
    let steps = 0;
    return withLoss((p, t) => squares(p, t).mul(++steps === 17 ? 30 : 1));
  },
  "a flag that a callback sets and the loss resets": () => {
    let flag = false;
    return withLoss(
      (p, t) => {
        const factor = flag ? 20 : 1;
        flag = false;
        return squares(p, t).mul(factor);
      },
      atBatch((batch) => {
        flag = batch === 3;
      }),
    );
  },
  "a schedule in a private field": () => {
    class Scheduled extends Layer {
      #calls = 0;
      forward(h: Tensor) {
        if (this.training) this.#calls++;
        return this.#calls > 12 ? h.tanh() : h;
      }
    }
    return withLayers([new Scheduled()]);
  },
  "a map, a set, an array and a typed array in the loss": () => {
    const map = new Map([["beta", 0]]);
    const set = new Set<number>();
    const list = [0];
    const typed = new Float64Array(1);
    return withLoss(
      (p, t) =>
        squares(p, t)
          .mul(1 + map.get("beta")!)
          .add(set.size + list[0] + typed[0]),
      atEpoch((epoch) => {
        if (epoch === 1) map.set("beta", 1);
        if (epoch === 2) set.add(1);
        if (epoch === 3) list[0] = 5;
        if (epoch === 4) typed[0] = 7;
      }),
    );
  },
  "a gradient rule": () => {
    let factor = 1;
    const scaled = (p: Tensor) =>
      customGradient(
        (z) => z.square(),
        (g, { inputs: [z] }) => g.mul(z).mul(factor),
      )(p);
    return withLoss(
      (p, t) => scaled(p.sub(t)).mean(),
      atEpoch((epoch) => {
        factor = epoch;
      }),
    );
  },
  "a hook of gradients": () => {
    let factor = 1;
    const layer = dense();
    layer.kernel.onGradient((g) => g.mul(factor));
    const model = new Sequential([layer]).compile({ optimizer: new SGD({ lr: 0.05 }), loss: "mse" });
    const hook = atEpoch((epoch) => {
      factor = 1 / (1 + epoch);
    });
    return { model, options: { callbacks: [hook] } };
  },
  "a tensor that is replaced": () => {
    let weights = tensor([1]);
    return withLoss(
      (p, t) => p.sub(t).square().mul(weights).mean(),
      atEpoch((epoch) => {
        weights = tensor([1 / (epoch + 1)]);
      }),
    );
  },
  "a property of the loss": () => {
    const loss = Object.assign((p: Tensor, t: Tensor): Tensor => squares(p, t).mul(loss.scale), { scale: 1 });
    return withLoss(
      loss,
      atBatch((batch) => {
        loss.scale = batch % 2;
      }),
    );
  },
  "an object of a class whose method is the loss": () => {
    class Annealed {
      beta = 0;
      loss = (p: Tensor, t: Tensor) => squares(p, t).mul(1 - this.beta);
    }
    const annealed = new Annealed();
    return withLoss(
      annealed.loss,
      atEpoch((epoch) => {
        annealed.beta = epoch / 10;
      }),
    );
  },
  "a loss made with defineLoss": () => {
    let factor = 1;
    const loss = defineLoss("restless", (p: Tensor, t: Tensor) => p.sub(t).abs().mul(factor));
    return withLoss(
      loss,
      atEpoch((epoch) => {
        factor = epoch + 1;
      }),
    );
  },
  "a property of a layer, by epoch": () => {
    const layer = new Phased();
    return withLayers(
      [layer],
      atEpoch((epoch) => {
        layer.phase = epoch;
      }),
    );
  },
  "a property of a layer, by batch": () => {
    const layer = new Phased();
    return withLayers(
      [layer],
      atBatch((batch) => {
        layer.phase = batch;
      }),
    );
  },
  "a nested field of a layer": () => {
    const layer = new Phased();
    return withLayers(
      [layer],
      atEpoch((epoch) => {
        layer.settings.nested.shift = -epoch;
      }),
    );
  },
  "a private field behind a getter": () => {
    const layer = new Phased();
    return withLayers(
      [layer],
      atEpoch((epoch) => layer.setSecret(epoch)),
    );
  },
  "a static field": () => {
    Phased.scale = 1;
    return withLayers(
      [new Phased()],
      atEpoch((epoch) => {
        Phased.scale = 1 / (1 + epoch);
      }),
    );
  },
  "a function as a layer": () => {
    let gain = 1;
    return withLayers(
      [new Lambda((h) => h.mul(gain)), (h) => h.add(gain)],
      atEpoch((epoch) => {
        gain = 1 + epoch / 4;
      }),
    );
  },
  "an activation": () => {
    let slope = 1;
    return withLayers(
      [new Dense({ units: 3, activation: (h) => h.mul(slope).tanh() })],
      atEpoch(() => {
        slope += 0.5;
      }),
    );
  },
  "a regulariser": () => {
    let strength = 0;
    return withLayers(
      [new Dense({ units: 3, kernelRegularizer: (w) => w.square().sum().mul(strength) })],
      atEpoch(() => {
        strength += 0.01;
      }),
    );
  },
  "a decay in forward": () => {
    class Cooling extends Layer {
      tau = 1;
      forward(h: Tensor) {
        this.tau *= 0.9;
        return h.div(1 + this.tau);
      }
    }
    return withLayers([new Cooling()]);
  },
  "a state in a property": () => {
    class Smooth extends Layer {
      average: Tensor | null = null;
      forward(h: Tensor) {
        const mean = h.mean(0).detach();
        this.average = this.average ? this.average.mul(0.9).add(mean.mul(0.1)) : mean;
        return h.sub(this.average);
      }
    }
    return withLayers([new Smooth()]);
  },
  "dropout and batch normalisation that are switched": () => {
    const [norm, dropout] = [new BatchNorm(), new Dropout(0.5)];
    return withLayers(
      [new Dense({ units: 8 }), norm, dropout],
      atEpoch((epoch) => {
        norm.train(epoch % 2 === 0);
        dropout.train(epoch < 3);
      }),
      atBatch((batch) => {
        if (batch === 1) norm.train(!norm.training);
      }),
    );
  },
  "the rate of a dropout": () => {
    const dropout = new Dropout(0.5);
    return withLayers(
      [new Dense({ units: 8 }), dropout],
      atEpoch((epoch) => {
        Object.assign(dropout, { rate: epoch / 10 });
      }),
    );
  },
  "a layer that is added": () => {
    const training = withLayers([]);
    const { model } = training;
    const add = atEpoch((epoch) => {
      if (epoch === 2) (model as Sequential).add((h) => h.mul(2));
    });
    return { model, options: { callbacks: [add] } };
  },
  "a layer that is frozen": () => {
    const layer = new Dense({ units: 3, inputDim: 4 });
    return withLayers(
      [layer],
      atEpoch((epoch) => {
        layer.trainable = epoch % 2 === 0;
      }),
    );
  },
  "a method that is replaced": () => {
    const layer = new Dense({ units: 3, inputDim: 4 });
    return withLayers(
      [layer],
      atEpoch((epoch) => {
        if (epoch === 3) layer.forward = (h) => h.matmul(layer.kernel).relu();
      }),
    );
  },
  "a model's own property": () => {
    class Switching extends Model {
      both = [new Dense({ units: 1, inputDim: 4 }), new Dense({ units: 1, inputDim: 4 })];
      which = 0;
      forward(h: Tensor) {
        return this.both[this.which].call(h);
      }
    }
    const model = new Switching().compile({ optimizer: "adam", loss: "mse" });
    const hook = atBatch((batch) => {
      model.which = batch % 2;
    });
    return { model, options: { callbacks: [hook] } };
  },
  "a metric": () => {
    class Shifted extends Metric {
      static shift = 0;
      #last = 0;
      constructor() {
        super("shifted");
      }
      reset() {}
      update(p: Tensor) {
        this.#last = p.mean().item() + Shifted.shift;
      }
      result() {
        return this.#last;
      }
    }
    Shifted.shift = 0;
    const model = new Sequential([dense()]).compile({ optimizer: "sgd", loss: "mse", metrics: [new Shifted()] });
    const hook = atBatch(() => {
      Shifted.shift++;
    });
    return { model, options: { callbacks: [hook] } };
  },
  "an optimizer's rule": () => {
    let factor = 1;
    const Restless = defineOptimizer({
      name: "Restless",
      defaults: { lr: 0.05, weightDecay: 0 },
      update: (weight, gradient, _slots, { lr }) => ({
        weight: weight.sub(gradient.mul(lr.cast(weight.dtype)).mul(factor)),
      }),
    });
    const model = new Sequential([dense()]).compile({ optimizer: new Restless(), loss: "mse" });
    const hook = atEpoch((epoch) => {
      factor = 1 / (1 + epoch);
    });
    return { model, options: { callbacks: [hook] } };
  },
  "an optimizer's option": () => {
    const optimizer = new Adam({ lr: 0.01 });
    const model = new Sequential([dense()]).compile({ optimizer, loss: "mse" });
    const hook = atEpoch((epoch) => {
      Object.assign(optimizer.groups[0].hyper, { beta1: 0.9 - epoch / 10 });
    });
    return { model, options: { callbacks: [hook] } };
  },
  "what a validation goes by": () => {
    let beta = 0;
    const training = withLoss(
      (p, t) => squares(p, t).add(beta),
      atEpoch((epoch) => {
        beta = epoch;
      }),
    );
    return { ...training, options: { ...training.options, validationSplit: 0.5 } };
  },
};

describe.each(Object.entries(instances))("%s", (_name, make) => {
  it("has the history and the weights that it has eagerly", async () => {
    const run = async (jit: boolean) => {
      manualSeed(3);
      const { model, options } = make();
      const { history } = await model.fit(x, y, { epochs: 6, batchSize: 8, shuffle: false, jit, ...options });
      return { history, weights: model.stateDict(), prediction: model.predict(x, { batchSize: 8, jit }) };
    };
    const [eager, compiled] = [await run(false), await run(true)];
    for (const [name, values] of Object.entries(eager.history))
      values.forEach((value, epoch) => {
        const ratio = compiled.history[name][epoch] / value;
        expect(ratio, `${name}, epoch ${epoch}`).toBeCloseTo(1, 4);
      });
    for (const [name, value] of Object.entries(eager.weights))
      expect(value.sub(compiled.weights[name]).abs().max().item(), name).toBeLessThan(1e-4);
    expect(eager.prediction.sub(compiled.prediction).abs().max().item()).toBeLessThan(1e-4);
  });
});

describe("a function that does something else in each batch", () => {
  const counting = () => {
    let calls = 0;
    return withLayers([new Dense({ units: 2, inputDim: 4 }), (h) => h.add(++calls)]).model;
  };

  it("does so in predict and evaluate", async () => {
    const results: number[][] = [];
    for (const jit of [false, true]) {
      manualSeed(1);
      const model = counting();
      const { loss } = await model.evaluate(x, y, { batchSize: 8, jit });
      results.push([loss, ...model.predict(x, { batchSize: 8, jit }).toTypedArray()]);
    }
    results[0].forEach((value, i) => {
      expect(results[1][i]).toBeCloseTo(value, 4);
    });
    expect(warned.mock.calls.map(([text]) => String(text).split(" goes on")[0])).toEqual(["evaluate", "predict"]);
  });

  it("ends compiling with one notice that names the line, and none in silence", async () => {
    const noisy = () => withLayers([(h) => h.mul(1 + Math.random())]).model;
    await noisy().fit(x, y, { batchSize: 8, epochs: 4 });
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0][0]).toMatch(/^fit goes on uncompiled.*At .*plain-state\.test\.ts:\d+/);
    await noisy().fit(x, y, { batchSize: 8, epochs: 4, verbose: 0 });
    expect(warned).toHaveBeenCalledTimes(1);
  });
});

describe("a function that counts and does something else much later", () => {
  const hidden = () => {
    let steps = 0;
    return withLoss((p, t) => squares(p, t).mul(++steps > 150 ? 0 : 1));
  };
  const own = () => {
    class Scheduled extends Layer {
      #steps = 0;
      forward(h: Tensor) {
        this.#steps += 1;
        return this.#steps < 140 ? h : h.tanh();
      }
    }
    return withLayers([new Scheduled()]);
  };

  it.each([hidden, own])("does so when it does eagerly", async (make) => {
    const histories = [];
    for (const jit of [false, true]) {
      manualSeed(3);
      const { model } = make();
      const { history } = await model.fit(x, y, { epochs: 30, batchSize: 8, shuffle: false, jit });
      histories.push(history.loss.map((loss) => loss.toPrecision(4)));
    }
    expect(histories[1]).toEqual(histories[0]);
    expect(warned).not.toHaveBeenCalled();
  });

  it("is seen by what it changes outside of itself", () => {
    let outer = 0;
    const list: number[] = [];
    const map = new Map<string, number>();
    const state = { n: 0, deep: [0] };
    const changing = [
      () => outer++,
      () => --outer,
      () => {
        outer = 1;
      },
      () => {
        outer **= 2;
      },
      () => list.push(1),
      () => map.set("a", 1),
      () => {
        state.n += 1;
      },
      () => {
        state.deep[0] = 3;
      },
    ];
    for (const f of changing) expect(changesOutside(f), String(f)).toBe(true);
    const steady = [
      (p: Tensor, t: Tensor, k = 2) => p.sub(t).mul(k).equal(3),
      (p: Tensor) => {
        let q = p;
        for (let i = 0; i < 3; i++) q = q.sin();
        q = q.add(1);
        return q;
      },
      (p: Tensor) => {
        const parts: Tensor[] = [];
        parts.push(p);
        return state.n <= 1 && state.n >= 0 && state.n !== 5 && list.length === 0 ? parts[0] : p;
      },
      (p: Tensor[]) => p.map((q, i) => q.mul(i)),
      // outer++ in a comment
      (p: Tensor) => p,
      function named(this: { last: Tensor }, p: Tensor) {
        this.last = p;
        return p;
      },
    ];
    for (const f of steady) expect(changesOutside(f), String(f)).toBe(false);
  });
});

describe("what it takes to be sure", () => {
  const hooks: Hooks = { onEpochEnd() {}, onBatchEnd() {} };

  it("is nothing for models of the library's parts: one eager batch, and one trace", async () => {
    const forward = vi.spyOn(Dense.prototype, "forward");
    const model = new Sequential([dense()]).compile({ optimizer: "adam", loss: "mse" });
    forward.mockClear();
    await model.fit(x, y, { batchSize: 8, epochs: 20, callbacks: [hooks] });
    expect(forward).toHaveBeenCalledTimes(2);
  });

  it("is a look in each of a hundred batches for users' functions, and where hooks run", async () => {
    let calls = 0;
    const count = () => {
      calls++;
    };
    const loss = (p: Tensor, t: Tensor) => {
      count();
      return squares(p, t);
    };
    const model = new Sequential([dense()]).compile({ optimizer: "adam", loss });
    const quick = { batchSize: 8, epochs: 5, shuffle: false };
    await model.fit(x, y, quick);
    expect(calls).toBe(30);
    calls = 0;
    await model.fit(x, y, { ...quick, epochs: 100 });
    expect(calls).toBeLessThan(500);
    calls = 0;
    await model.fit(x, y, { ...quick, callbacks: [hooks] });
    expect(calls).toBe(30);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe("built-in models", () => {
  it.each(layerTable.map((each) => [each.name, each] as const))("of %s have no code of the user's", (_name, each) => {
    const model = each.make({ dtype: "float32", generator: new Generator(1) });
    expect(hasUserCode({ model })).toBe(/Lambda|Residual of a function/.test(each.name));
  });
});
