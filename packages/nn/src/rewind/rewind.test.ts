/**
 * A training that goes back, and on from there, has the bits of one that never went back.
 */
import { jit } from "@chainrule/compiler";
import {
  defaultGenerator,
  Generator,
  manualSeed,
  noGrad,
  parameter,
  randn,
  type Tensor,
  tensor,
  Value,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { BatchNorm, Dense, Dropout } from "../layers/index.ts";
import { Sequential } from "../model/index.ts";
import { Adam, SGD } from "../optimizers/index.ts";
import { cosineDecay } from "../schedules/index.ts";
import { type Rewindable, type RewindOptions, rewindable } from "./index.ts";

const x = randn([40, 3], { generator: new Generator(1) });
const y = x.sum(-1).sin().unsqueeze(-1);

/** Everything that training changes, in bits. */
type Bits = () => unknown;

interface Training {
  readonly training: Rewindable<unknown>;
  readonly bits: Bits;
}

/** Batches of 8 in an order drawn by `generator`, 5 to a pass. */
function* shuffled(generator: Generator): Generator_ {
  const order = generator.permutation(40);
  for (let i = 0; i < 40; i += 8) yield [x.gather(order.slice(i, i + 8)), y.gather(order.slice(i, i + 8))] as const;
}
type Generator_ = globalThis.Generator<readonly [Tensor, Tensor], void>;

function network(isCompiled: boolean, options: RewindOptions = {}, dtype?: "float64"): Training {
  manualSeed(3);
  const shuffling = new Generator(8);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 3, activation: "relu", dtype }),
    new BatchNorm({ dtype }),
    new Dropout(0.2),
    new Dropout({ rate: 0.1, seed: 3 }),
    new Dense({ units: 1, dtype }),
  ]);
  noGrad(() => model.call(x.cast(dtype ?? "float32")));
  const optimizer = new Adam(model, { lr: cosineDecay({ lr: 0.02, steps: 200 }), weightDecay: 0.01 });
  const eager = (input: Tensor, target: Tensor) => {
    optimizer.zeroGrad();
    const loss = model
      .call(input.cast(dtype ?? "float32"))
      .sub(target.cast(dtype ?? "float32"))
      .square()
      .mean();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = isCompiled ? jit(eager) : eager;
  const batches = () => shuffled(shuffling);
  const parts = { model, optimizer, shuffling };
  const training = rewindable((batch: readonly [Tensor, Tensor]) => step(...batch), parts, { ...options, batches });
  const numbers = (state: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.toTypedArray()]));
  const bits = () => ({
    at: training.at,
    weights: numbers(model.stateDict()),
    optimizer: numbers(optimizer.stateDict()),
    lr: optimizer.lr,
    random: [defaultGenerator().state, shuffling.state, model.modules().map((each) => each.extraState())],
  });
  return { training, bits };
}

describe.each([
  ["eager", false, undefined],
  ["compiled", true, undefined],
  ["in float64", false, "float64"],
  ["compiled in float64", true, "float64"],
] as const)(
  "a training with dropout, batch norm, Adam, a schedule and shuffled batches, %s,",
  (_, isCompiled, dtype) => {
    it("is at every step it goes to as it was there, and goes on as if it had never gone back", () => {
      const straight = network(isCompiled, {}, dtype);
      const states = [straight.bits()];
      const losses: number[] = [];
      for (let i = 0; i < 60; i++) {
        losses.push((straight.training.step() as Tensor).item());
        states.push(straight.bits());
      }
      const { training, bits } = network(isCompiled, { every: 7 }, dtype);
      training.step(45);
      for (const step of [44, 43, 30, 31, 0, 1, 45, 14, 13, 12]) {
        expect(training.to(step).at).toBe(step);
        expect(bits(), `step ${step}`).toEqual(states[step]);
      }
      for (let step = 13; step <= 60; step++) {
        expect((training.step() as Tensor).item()).toBe(losses[step - 1]);
        expect(bits()).toEqual(states[step]);
      }
    });

    it("takes little memory, however many steps it has, and goes anywhere still", () => {
      const { training, bits } = network(isCompiled, { every: 2, maxBytes: 20_000 }, dtype);
      const states = [bits()];
      for (let i = 0; i < 120; i++) {
        training.step();
        states.push(bits());
      }
      expect(training.bytes).toBeLessThanOrEqual(20_000);
      expect(training.earliest).toBe(0);
      for (const step of [119, 60, 3, 0, 120]) {
        training.to(step);
        expect(bits()).toEqual(states[step]);
      }
      expect(training.bytes).toBeLessThanOrEqual(20_000);
    });
  },
);

/** One weight, descending on its square. */
function descent(options?: RewindOptions) {
  const w = parameter(tensor([1]));
  const optimizer = new SGD([w], { lr: 0.1, momentum: 0.5 });
  let runs = 0;
  const training = rewindable(
    () => {
      runs++;
      optimizer.zeroGrad();
      const loss = w.square().sum();
      loss.backward();
      optimizer.step();
      return loss;
    },
    { optimizer, w },
    options,
  );
  return { w, optimizer, training, runs: () => runs };
}

describe("what is changed between two steps", () => {
  it("counts from there on, and is there again at any later step", () => {
    const { w, optimizer, training } = descent();
    training.step(20);
    const before = w.item();
    training.to(10);
    optimizer.lr = 0.01;
    training.step(30);
    expect(training.furthest).toBe(40);
    const after = w.item();
    training.to(10).step(10);
    const at20 = w.item();
    training.to(35).to(20);
    expect([optimizer.lr, w.item()]).toEqual([0.01, at20]);
    expect(at20).not.toBe(before);
    training.to(40);
    expect(w.item()).toBe(after);
    training.to(9);
    expect(optimizer.lr).toBe(0.1);
  });

  it("is kept though nobody went back before, and though states are thinned out", () => {
    const { w, training } = descent({ every: 4, maxBytes: 120 });
    training.step(10);
    w.assign([5]);
    training.step(300);
    const end = w.item();
    training.to(11);
    expect(w.item()).toBeGreaterThan(1);
    training.to(310);
    expect(w.item()).toBe(end);
  });

  it("is undone by going to the step where it is", () => {
    const { w, training } = descent();
    training.step(5);
    const before = w.item();
    w.assign([7]);
    training.to(5);
    expect(w.item()).toBe(before);
  });

  it("lets the steps before go where it happens all the time, and says so", () => {
    const { optimizer, training } = descent({ maxBytes: 100 });
    for (let i = 0; i < 50; i++) {
      optimizer.lr = 0.1 / (i + 1);
      training.step();
    }
    expect(training.earliest).toBeGreaterThan(30);
    expect(() => training.to(3)).toThrow(
      /to: expected a step from \d+ to 50, got the number 3.\n {2}The states before/,
    );
  });
});

describe("going back", () => {
  it("one step after the other runs few steps again", () => {
    const { training, runs } = descent();
    training.step(5000);
    const before = runs();
    for (let i = 0; i < 64; i++) training.back();
    expect(training.at).toBe(4936);
    // Four a step, at most.
    expect(runs() - before).toBeLessThan(64 * 4);
    const far = runs();
    training.to(2500);
    expect(runs() - far).toBeLessThan(600);
  });

  it("puts back gradients that are gathered over several steps", () => {
    const w = parameter(tensor([1]));
    const optimizer = new SGD([w], { lr: 0.1 });
    const step = (index: number) => {
      const loss = w.mul(index).square().sum();
      loss.backward();
      if (index % 4 === 3) {
        optimizer.step();
        optimizer.zeroGrad();
      }
      return loss;
    };
    const training = rewindable(step, { w, optimizer }, { every: 3 });
    training.step(9);
    const [value, grad] = [w.item(), w.grad!.item()];
    training.step(8);
    training.to(9);
    expect([w.item(), w.grad!.item()]).toEqual([value, grad]);
  });

  it("puts back scalar Values, settings, and what says what it remembers", () => {
    const [w, b] = [new Value(1), new Value(0)];
    const settings = { rate: 0.1, seen: [1] };
    const counter = {
      count: 0,
      stateDict: () => ({ count: counter.count }),
      loadStateDict({ count }: { count: number }) {
        counter.count = count;
      },
    };
    const step = () => {
      w.grad = 0;
      const loss = w.mul(2).add(b).sub(3).square();
      loss.backward();
      w.data -= settings.rate * w.grad;
      settings.rate *= 0.9;
      settings.seen.push(counter.count++);
      return loss;
    };
    const training = rewindable(step, { line: [w, b], settings, counter }, { every: 3 });
    training.step(4);
    const before = JSON.stringify([w.data, w.grad, settings, counter.count]);
    training.step(10);
    training.to(4);
    expect(JSON.stringify([w.data, w.grad, settings, counter.count])).toBe(before);
    training.to(0);
    expect([w.data, settings.seen, counter.count]).toEqual([1, [1], 0]);
  });

  it("is refused where a step goes by what nobody knows of, and everything stays as it is", () => {
    const w = parameter(tensor([1]));
    let hidden = 0;
    const step = () => {
      w.assign(w.mul(0.5).add(hidden++));
      return w.sum();
    };
    const training = rewindable(step, { w });
    training.step(10);
    const before = w.item();
    expect(() => training.to(5)).toThrow(
      /rewindable, step 1: expected the result of the first time, 0.5, when the step is run again, got 10.5.\n.*name it/,
    );
    expect([training.at, w.item(), training.isReplaying]).toEqual([10, before, false]);
    expect(training.furthest).toBe(10);
  });

  it("calls a jitted step with a batch alone, and a step without parameters with nothing", () => {
    const w = parameter(tensor([1]));
    const counted: unknown[][] = [];
    const jitted = jit(([factor]: readonly Tensor[]) => {
      w.assign(w.mul(factor));
      return w.sum();
    });
    const training = rewindable(jitted, { w }, { batches: [[tensor(2)], [tensor(3)]] });
    expect(training.step(3).item()).toBe(12);
    training.back(2);
    expect([w.item(), training.step().item()]).toEqual([2, 6]);
    const bare = rewindable(jit(() => w.sum()), { w }); // biome-ignore format: short
    expect(bare.step(2).item()).toBe(6);
    rewindable((...given: unknown[]) => void counted.push(given), { w }).step();
    rewindable((index: number) => void counted.push([index]), { w }).step(2);
    expect(counted).toEqual([[], [0], [1]]);
  });

  it("says within a step that it is run again", () => {
    const seen: string[] = [];
    const w = parameter(tensor([1]));
    const training: Rewindable<void> = rewindable(
      (index) => {
        w.assign(w.add(1));
        seen.push(`${index}${training.isReplaying ? " again" : ""}`);
      },
      { w },
    );
    training.step(2);
    training.back();
    training.step();
    expect(seen).toEqual(["0", "1", "0 again", "1"]);
  });

  it("begins after the first step where layers had no weights before it", () => {
    const model = new Sequential([new Dense({ units: 2 }), new Dense({ units: 1 })]);
    const optimizer = new SGD(model, { lr: 0.1 });
    const step = () => {
      optimizer.zeroGrad();
      const loss = model.call(x).sub(y).square().mean();
      loss.backward();
      optimizer.step();
      return loss;
    };
    const training = rewindable(step, { model, optimizer });
    training.step(3);
    const after = model.stateDict();
    training.step(4);
    training.to(3);
    expect(model.stateDict()).toEqual(after);
    expect(() => training.to(0)).toThrow(
      /from 1 to 7, got the number 0.\n {2}Layers made their weights in the first step/,
    );
  });

  it("goes on after a step that failed", () => {
    const w = parameter(tensor([1]));
    let isBroken = false;
    const step = () => {
      w.assign(w.mul(2));
      if (isBroken) throw new Error("out of paper");
      return w.sum();
    };
    const training = rewindable(step, { w });
    training.step(3);
    isBroken = true;
    expect(() => training.step()).toThrow("out of paper");
    expect(training.at).toBe(3);
    isBroken = false;
    training.to(3);
    expect(w.item()).toBe(8);
    training.step();
    expect([training.at, w.item()]).toEqual([4, 16]);
  });
});

describe("rewindable refuses", () => {
  const w = parameter(tensor([1]));
  const step = () => w.sum();
  it.each<[string, () => unknown, RegExp]>([
    ["what is no function", () => rewindable({} as never, { w }), /a function that takes one step/],
    ["no parts", () => rewindable(step, {}), /by name, such as \{ model, optimizer \}, got an object/],
    [
      "a number",
      () => rewindable(step, { lr: 0.1 }),
      /rewindable, lr: .*\n {2}A variable of your program cannot be set/,
    ],
    ["a tensor", () => rewindable(step, { z: tensor([1]) }), /rewindable, z: .*\n {2}A tensor never changes/],
    ["a function in a list", () => rewindable(step, { all: [w, step] }), /rewindable, all.1: /],
    ["other options", () => rewindable(step, { w }, { evry: 3 } as never), /Did you mean "every"/],
    ["no steps between states", () => rewindable(step, { w }, { every: 0 }), /every as a whole number of at least 1/],
    [
      "an iterator",
      () => rewindable(() => 0, { w }, { batches: [1, 2][Symbol.iterator]() }),
      /gives its batches once.\n {2}Write batches: \(\) =>/,
    ],
    ["passes without batches", () => rewindable(() => 0, { w }, { batches: [] }).step(), /at least one batch/],
    ["a step that waits", () => rewindable(async () => 0, { w }).step(), /a step that is done when it returns/],
    ["steps that are none", () => rewindable(step, { w }).step(1.5), /count as a whole number/],
    [
      "steps where it has not been",
      () => rewindable(step, { w }).to(1),
      /from 0 to 0, got the number 1.\n {2}step\(1\) goes/,
    ],
    ["steps before the first", () => rewindable(step, { w }).back(), /from 0 to 0, got the number -1/],
  ])("%s", (_name, f, message) => {
    expect(f).toThrow(message);
  });

  it("going back from within a step", () => {
    const training: Rewindable<unknown> = rewindable(() => training.to(0), { w });
    expect(() => training.step()).toThrow(/to: expected a call between steps/);
  });
});
