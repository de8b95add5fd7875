import { jit } from "@chainrule/compiler";
import { manualSeed, noGrad, ones, parameter, rand, randint, setDefaultDType, type Tensor } from "@chainrule/core";
import { crossEntropy } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";

const { Adam, BatchNorm, Dense, Dropout, SGD, Sequential } = nn;

type Optimize = (model: InstanceType<typeof Sequential>) => InstanceType<typeof nn.Optimizer>;

/** A classifier of 12 numbers and its training step, the same at every call. */
function classifier(optimize: Optimize, extras: () => InstanceType<typeof nn.Layer>[] = () => []) {
  manualSeed(3);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 12, activation: "relu" }),
    ...extras(),
    new Dense({ units: 3 }),
  ]);
  const optimizer = optimize(model);
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.call(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { model, optimizer, step };
}

const optimizers: Readonly<Record<string, Optimize>> = {
  SGD: (model) => new SGD(model, { lr: 0.1, momentum: 0.9 }),
  Adam: (model) => new Adam(model, { lr: 0.01 }),
  "Adam with clipping and decay": (model) => new Adam(model, { lr: 0.01, clipNorm: 0.5, weightDecay: 0.01 }),
  AdamW: (model) => new nn.AdamW(model, { lr: 0.01 }),
  RMSprop: (model) => new nn.RMSprop(model, { lr: 0.003 }),
  NAdam: (model) => new nn.NAdam(model, { lr: 0.01 }),
  "a schedule": (model) => new SGD(model, { lr: (step: number) => 0.1 / (1 + step / 10) }),
};

describe("a compiled training step learns as the eager one does", () => {
  it.each(Object.entries(optimizers))("%s", (_name, optimize) => {
    const [eager, compiled] = [classifier(optimize), classifier(optimize)];
    const step = jit(compiled.step);
    const x = rand([10, 12]);
    const y = randint(0, 3, [10]);
    for (let i = 0; i < 50; i++) {
      // The last batch of an epoch is smaller.
      const rows = i % 5 === 4 ? "0:7" : ":";
      const [a, b] = [step(x.slice(rows), y.slice(rows)).item(), eager.step(x.slice(rows), y.slice(rows)).item()];
      expect(Math.abs(a - b), `step ${i}`).toBeLessThan(2e-5 * Math.max(1, b));
    }
    const [weights, expected] = [compiled.model.parameters(), eager.model.parameters()];
    weights.forEach((weight, i) => {
      const wanted = expected[i].toTypedArray();
      for (const [j, w] of weight.toTypedArray().entries()) expect(w).toBeCloseTo(wanted[j], 4);
    });
    expect(compiled.optimizer.iterations).toBe(50);
    expect(compiled.optimizer.lr).toBeCloseTo(eager.optimizer.lr, 12);
  });

  it("with dropout and batch normalization: the same random numbers, the same running statistics", () => {
    const extras = () => [new BatchNorm(), new Dropout(0.4)];
    const x = rand([10, 12]);
    const y = randint(0, 3, [10]);
    const losses = [false, true].map((compile) => {
      // Not Adam: it would blow up the rounding errors of biases before the normalization, whose true gradient is 0.
      const { model, step } = classifier(optimizers.SGD, extras);
      model.train();
      manualSeed(5);
      const run = compile ? jit(step) : step;
      const found = Array.from({ length: 20 }, () => run(x, y).item());
      model.eval();
      const predict = compile ? jit((input: Tensor) => model.call(input)) : (input: Tensor) => model.call(input);
      return [...found, ...noGrad(() => predict(x)).toTypedArray()];
    });
    losses[0].forEach((loss, i) => {
      expect(losses[1][i]).toBeCloseTo(loss, 4);
    });
  });
});

describe("modes of modules in a jitted function", () => {
  const x = ones([1, 200]);
  const zeros = (y: Tensor) => y.equal(0).sum().item();

  it("belong to what it was compiled for: eval() and train() between calls count", () => {
    manualSeed(1);
    const model = new Sequential([new Dropout(0.5)]);
    const f = jit((given: Tensor) => model.call(given));
    for (let time = 0; time < 3; time++) {
      model.train();
      expect(zeros(f(x))).toBeGreaterThan(50);
      model.eval();
      expect(zeros(f(x))).toBe(0);
    }
  });

  it("do not matter where the function sets them itself, however often they change outside", () => {
    manualSeed(1);
    const model = new Sequential([new Dropout(0.5)]);
    const f = jit((given: Tensor) => {
      model.train();
      return model.call(given);
    });
    for (let time = 0; time < 100; time++) {
      expect(zeros(f(x))).toBeGreaterThan(50);
      model.eval();
    }
  });

  it("so does the dtype of new tensors", () => {
    const f = jit((given: Tensor) =>
      given
        .sum()
        .add(ones([1]).sum().cast("float64"))
        .add(ones([2])),
    );
    expect(f(x).dtype).toBe("float64");
    const g = jit(() => ones([2]));
    expect(g().dtype).toBe("float32");
    setDefaultDType("float64");
    try {
      expect(g().dtype).toBe("float64");
    } finally {
      setDefaultDType("float32");
    }
    expect(g().dtype).toBe("float32");
  });
});

it("a number where an optimizer's options belong is refused, with the rate's name", () => {
  expect(() => new SGD([parameter([1])], 0.1 as never)).toThrow("{ lr: 0.1 }");
});
