/**
 * What options do around an optimizer's rule, beside Keras's numbers; within `fit`, a batch in parts is as good as a whole one.
 */
import { jit } from "@chainrule/compiler";
import {
  Generator,
  OptionError,
  type Parameter,
  parameter,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from "@chainrule/core";
import { bothDTypes, expectClose, peerSchedules, stepOptionsOfKeras } from "@chainrule/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Dense } from "../layers/index.ts";
import { Sequential } from "../model/index.ts";
import { exponentialDecay } from "../schedules/index.ts";
import { optimizerByName } from "./by-name.ts";
import { Adagrad, Adam, AdamW, RMSprop, SGD, stepOptions, useAverages } from "./index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const ways = [
  ["eager", (f: (...x: Tensor[]) => void) => f],
  ["compiled", jit as (f: (...x: Tensor[]) => void) => (...x: Tensor[]) => void],
] as const;

describe.each(bothDTypes)("steps in %s", (dtype) => {
  const { start, gradients, cases } = stepOptionsOfKeras();
  const make = (x: unknown) => tensor(x as number[], { dtype });

  describe.each(ways)("%s", (_way, made) => {
    it.each(cases)("are Keras's: $name, $options", ({ name, options, steps, final, iterations }) => {
      const weights = start.map((x) => parameter(make(x)));
      // The class with what the name gives it, and more.
      const { constructor: Class, options: named } = optimizerByName(name);
      const { lr: _, weightDecay, ...defaults } = named as unknown as Record<string, never>;
      const decay = options.weight_decay === undefined ? { weightDecay } : { weightDecay: options.weight_decay };
      const { weight_decay: __, ...given } = options;
      const optimizer = new (Class as typeof Adam)(weights, { ...defaults, ...decay, ...given } as never);
      const step = made((...given: Tensor[]) => {
        optimizer.zeroGrad();
        const terms = weights.map((weight, i) => weight.mul(given[i]).sum());
        terms[0].add(terms[1]).backward();
        optimizer.step();
      });
      // Keras has the rate in float32, and clips by a common norm without PyTorch's 1e-6 beside it.
      const close = (expected: readonly unknown[], what: string) =>
        weights.forEach((weight, i) => {
          const numbers = { shape: weight.shape, data: [expected[i]].flat(3) as number[] };
          expectClose(weight, numbers, { dtype, tolerance: dtype === "float64" ? 2e-7 : 1e-5, what });
        });
      gradients.forEach((given, i) => {
        step(...given.map(make));
        close(steps[i], `step ${i + 1}`);
      });
      expect(optimizer.iterations).toBe(iterations);
      if (options.use_ema) useAverages(optimizer);
      close(final, "the end");
    });
  });
});

const double = (x: number | number[]): Parameter => parameter(tensor(x, { dtype: "float64" }));

function stepWith(optimizer: { step(): void }, weight: Parameter, gradient: number | number[] | null): void {
  weight.grad = gradient === null ? null : tensor(gradient, { dtype: weight.dtype });
  optimizer.step();
}

describe.each(bothDTypes)("momentumSchedule in %s", (dtype) => {
  const classes = { SGD, Adam, AdamW, RMSprop } as const;
  const cases = peerSchedules().oneCycle.flatMap((one) => ways.map(([way, made]) => ({ ...one, way, made })));
  it.each(cases)("makes PyTorch's steps with OneCycleLR: $optimizer, $settings, $way", (one) => {
    const { optimizer: name, options, momenta, rates, start, gradients, weights, made } = one;
    const { weight_decay: weightDecay, ...others } = options as Record<string, never>;
    const w = parameter(tensor(start as number[], { dtype }));
    const follow = { lr: (step: number) => rates[step], momentumSchedule: (step: number) => momenta[step] };
    const optimizer = new (classes[name as keyof typeof classes] as typeof Adam)([w], {
      ...others,
      ...(weightDecay !== undefined && { weightDecay }),
      ...follow,
    });
    const step = made((gradient: Tensor) => {
      optimizer.zeroGrad();
      w.mul(gradient).sum().backward();
      optimizer.step();
    });
    gradients.forEach((gradient, i) => {
      step(tensor(gradient as number[], { dtype }));
      const tolerance = dtype === "float64" ? 1e-9 : 1e-5;
      expectClose(w, { shape: [3], data: [...weights[i]] }, { dtype, tolerance, what: `step ${i + 1}` });
    });
  });
});

it("momentumSchedule is of optimizers with a momentum, and gives one", () => {
  expect(() => new Adagrad({ momentumSchedule: () => 0.9 })).toThrow(/with momentum or betas, got Adagrad/);
  expect(() => new SGD({ momentumSchedule: 0.9 as never })).toThrow(/oneCycleMomentum/);
  const w = double(1);
  const optimizer = new SGD([w], { momentum: 0.5, momentumSchedule: () => 2 });
  expect(() => stepWith(optimizer, w, 1)).toThrow(/update 1: expected a number from 0 to 1, got the number 2/);
  expect([w.item(), optimizer.iterations]).toEqual([1, 0]);
});

describe("maximize", () => {
  it("goes up by what minimising goes down, and decays all the same", () => {
    const [w, other] = [double(1), double(1)];
    stepWith(new SGD([w], { lr: 0.1, maximize: true, weightDecay: 0.5 }), w, 2);
    stepWith(new SGD([other], { lr: 0.1, weightDecay: 0.5 }), other, -2);
    expect([w.item(), other.item()]).toEqual([1.15, 1.15]);
  });
});

describe("gradientAccumulationSteps", () => {
  it("updates by the mean, after every so many steps", () => {
    const w = double(0);
    const optimizer = new SGD([w], { lr: exponentialDecay({ lr: 1, gamma: 0.5 }), gradientAccumulationSteps: 3 });
    const seen = [3, 6, 9, 1, 1, 1].map((gradient) => {
      stepWith(optimizer, w, gradient);
      return [w.item(), optimizer.iterations, optimizer.lr];
    });
    expect(seen).toEqual([
      [0, 0, 1],
      [0, 0, 1],
      [-6, 1, 1],
      [-6, 1, 1],
      [-6, 1, 1],
      [-6.5, 2, 0.5],
    ]);
  });

  it("counts a weight without a gradient as 0, where it has had one before", () => {
    const [w, other] = [double(0), double(0)];
    const optimizer = new SGD([w, other], { lr: 1, gradientAccumulationSteps: 2 });
    w.grad = tensor(1, { dtype: "float64" });
    other.grad = tensor(4, { dtype: "float64" });
    optimizer.step();
    other.grad = null;
    stepWith(optimizer, w, 3);
    expect([w.item(), other.item()]).toEqual([-2, -2]);
  });

  it("clips the mean, not its parts", () => {
    const w = double([0, 0]);
    const optimizer = new SGD([w], { lr: 1, clipNorm: 1, gradientAccumulationSteps: 2 });
    stepWith(optimizer, w, [30, 0]);
    stepWith(optimizer, w, [0, 40]);
    expect(w.at(0)).toBeCloseTo(-0.6, 6);
    expect(w.at(1)).toBeCloseTo(-0.8, 6);
  });

  it.each([true, false])("is in fit as good as batches that are as large, jit %s", async (jitted) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const x = randn([48, 4], { generator: new Generator(1) });
    const y = x.sum(1, { keepDims: true }).sin();
    const train = async (batchSize: number, options: object) => {
      const model = new Sequential([
        new Dense({ units: 8, inputDim: 4, activation: "tanh", generator: new Generator(2) }),
        new Dense({ units: 1, generator: new Generator(3) }),
      ]);
      const optimizer = new AdamW({ lr: 0.01, clipNorm: 0.5, ...options });
      model.compile({ optimizer, loss: "mse" });
      await model.fit(x, y, { epochs: 8, batchSize, shuffle: false, jit: jitted, verbose: 0 });
      return model;
    };
    const [whole, parts] = [await train(24, {}), await train(6, { gradientAccumulationSteps: 4 })];
    expect(parts.optimizer.iterations).toBe(16);
    parts.parameters().forEach((weight, i) => {
      expectClose(weight, whole.parameters()[i], { tolerance: 2e-5 });
    });
    expect(warn.mock.calls.flat().join("\n")).toBe("");
  });
});

describe("moving averages", () => {
  it.each([true, false])(
    "are in the weights' place when fit ends, before callbacks are told, jit %s",
    async (jitted) => {
      const x = randn([20, 2], { generator: new Generator(1) });
      const y = x.sum(1, { keepDims: true });
      const train = async (options: object) => {
        const seen: Tensor[] = [];
        const model = new Sequential([new Dense({ units: 1, inputDim: 2, generator: new Generator(2) })]);
        model.compile({ optimizer: new SGD({ lr: 0.1, ...options }), loss: "mse" });
        const [kernel] = model.parameters();
        const callbacks = [
          { onBatchEnd: () => void seen.push(kernel.detach()), onTrainEnd: () => void seen.push(kernel.detach()) },
        ];
        await model.fit(x, y, { epochs: 3, batchSize: 5, shuffle: false, jit: jitted, verbose: 0, callbacks });
        return seen;
      };
      const [plain, averaged] = [await train({}), await train({ useEma: true, emaMomentum: 0.8 })];
      let average = plain[0];
      for (const weight of plain.slice(1, 12)) average = average.mul(0.8).add(weight.mul(0.2));
      averaged.slice(0, 12).forEach((weight, i) => {
        expectClose(weight, plain[i], { tolerance: 1e-6 });
      });
      expectClose(averaged[12], average, { tolerance: 1e-5 });
    },
  );

  it("leave weights alone that have had no update", () => {
    const [w, other] = [double(1), double(5)];
    const optimizer = new SGD([w, other], { lr: 1, useEma: true });
    useAverages(optimizer);
    stepWith(optimizer, w, 1);
    useAverages(optimizer);
    expect([w.item(), other.item()]).toEqual([0, 5]);
  });
});

describe("the options", () => {
  it("clip each weight's gradient by itself, also where its square overflows", () => {
    const [w, other] = [double([0, 0]), double(0)];
    const optimizer = new SGD([w, other], { lr: 1, clipNormPerVariable: 5 });
    w.grad = tensor([30, 40], { dtype: "float64" });
    other.grad = tensor(2, { dtype: "float64" });
    optimizer.step();
    expect([w.toArray(), other.item()]).toEqual([[-3, -4], -2]);
    const single = parameter(0);
    stepWith(new SGD([single], { lr: 1, clipNormPerVariable: 2 }), single, 1e30);
    expect(single.item()).toBeCloseTo(-2, 6);
  });

  it("go by Keras's names, and by both nowhere", () => {
    expect(new Adam({ clipnorm: 1 } as never).options.clipNormPerVariable).toBe(1);
    expect(new Adam({ global_clipnorm: 2, use_ema: true } as never).options).toMatchObject({
      clipNorm: 2,
      useEma: true,
    });
    expect(new Adam({ clipvalue: 1, gradient_accumulation_steps: 2 } as never).options).toMatchObject({
      clipValue: 1,
      gradientAccumulationSteps: 2,
    });
    expect(() => new Adam({ useEma: true, use_ema: true } as never)).toThrow(/either useEma or use_ema/);
    expect(stepOptions({ useEma: true })).toEqual({ useEma: true });
  });

  it("are checked", () => {
    const wrong: [object, unknown][] = [
      [{ maximize: 1 }, OptionError],
      [{ useEma: "yes" }, OptionError],
      [{ emaMomentum: 0.9 }, OptionError],
      [{ useEma: true, emaMomentum: 1.1 }, ValueError],
      [{ useEma: true, emaOverwriteFrequency: 0 }, ValueError],
      [{ gradientAccumulationSteps: 0 }, ValueError],
      [{ gradientAccumulationSteps: 1.5 }, ValueError],
      [{ clipNormPerVariable: 0 }, ValueError],
      [{ clipNormPerVariable: 1, clipValue: 1 }, OptionError],
      [{ clipNormPerVariable: 1, clipNorm: 1 }, OptionError],
      [{ clipnorm: Number.NaN }, ValueError],
    ];
    for (const [options, error] of wrong)
      expect(() => new Adam(options as never), JSON.stringify(options)).toThrow(error as never);
    expect(() => useAverages(new Adam())).toThrow(/keeps averages.*\n.*useEma: true/);
    expect(() => useAverages(undefined as never)).toThrow(OptionError);
  });

  it("that change nothing leave the rule alone", () => {
    const optimizer = new Adam([double(0)], { maximize: false, gradientAccumulationSteps: 1, useEma: false });
    expect(Object.keys(optimizer.stateDict())).toEqual(["iterations", "lr", "groups.0.lr"]);
    expect(optimizer.rule).toBe(Adam.rule);
  });
});

describe("the state", () => {
  it.each<[string, object]>([
    ["averages", { useEma: true, emaMomentum: 0.5, emaOverwriteFrequency: 2 }],
    ["a momentum that follows a schedule", { momentumSchedule: (update: number) => 0.9 - 0.1 * update }],
    ["accumulated gradients", { gradientAccumulationSteps: 3 }],
    ["all of them", { gradientAccumulationSteps: 2, useEma: true, maximize: true, clipNormPerVariable: 0.1 }],
  ])("has %s, and continues at any step to the last digit", (_name, options) => {
    const gradients = [3, -1, 0.5, 2, 4, -2, 1];
    for (let at = 0; at < gradients.length; at++) {
      const [w, other] = [double(1), double(1)];
      const make = (weight: Parameter) => new Adam([weight], { lr: 0.1, ...options });
      const [optimizer, copy] = [make(w), make(other)];
      for (const gradient of gradients.slice(0, at)) stepWith(optimizer, w, gradient);
      other.assign(w.detach());
      copy.loadStateDict(optimizer.stateDict());
      for (const gradient of gradients.slice(at)) {
        stepWith(optimizer, w, gradient);
        stepWith(copy, other, gradient);
        expect(other.item()).toBe(w.item());
      }
      expect(copy.stateDict()).toEqual(optimizer.stateDict());
    }
  });
});
