import { OptionError, ValueError } from "@chainrule/core";
import { peerSchedules } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { functionsOf } from "../../test/public.ts";
import * as schedules from "./index.ts";
import {
  chained,
  cosineDecay,
  cosineRestarts,
  cyclic,
  exponentialDecay,
  inverseTimeDecay,
  linearDecay,
  multiStepDecay,
  oneCycle,
  oneCycleMomentum,
  piecewiseConstant,
  polynomialDecay,
  ReduceOnPlateau,
  type Schedule,
  sequential,
  stepDecay,
  warmup,
} from "./index.ts";

function inCamelCase(options: Readonly<Record<string, unknown>>): object {
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
}

function expectRates(schedule: Schedule, expected: Readonly<Record<number, number>>): void {
  for (const [step, rate] of Object.entries(expected)) expect(schedule(Number(step))).toBeCloseTo(rate, 12);
}

/** The first rates of every schedule, by hand. */
const firstRates: Record<string, { schedule: Schedule; rates: Readonly<Record<number, number>> }> = {
  stepDecay: { schedule: stepDecay({ lr: 2, every: 2 }), rates: { 0: 2, 1: 2, 2: 0.2, 4: 0.02 } },
  multiStepDecay: { schedule: multiStepDecay({ lr: 2, milestones: [1, 3] }), rates: { 0: 2, 1: 0.2, 2: 0.2, 3: 0.02 } },
  exponentialDecay: { schedule: exponentialDecay({ lr: 2, gamma: 0.5 }), rates: { 0: 2, 1: 1, 3: 0.25 } },
  polynomialDecay: { schedule: polynomialDecay({ lr: 2, steps: 4 }), rates: { 0: 2, 1: 1.5, 4: 0, 5: 0 } },
  linearDecay: { schedule: linearDecay({ lr: 2, steps: 4, endLr: 1 }), rates: { 0: 2, 1: 1.75, 4: 1, 5: 1 } },
  cosineDecay: { schedule: cosineDecay({ lr: 2, steps: 3 }), rates: { 0: 2, 1: 1.5, 2: 0.5, 3: 0, 4: 0 } },
  cosineRestarts: {
    schedule: cosineRestarts({ lr: 2, steps: 3, growth: 2, endLr: 1 }),
    rates: { 0: 2, 1: 1.75, 3: 2, 5: 1.75, 9: 2 },
  },
  inverseTimeDecay: {
    schedule: inverseTimeDecay({ lr: 2, decay: 0.5, every: 2 }),
    rates: { 0: 2, 1: 2 / 1.25, 2: 2 / 1.5, 8: 2 / 3 },
  },
  piecewiseConstant: {
    schedule: piecewiseConstant({ boundaries: [2, 4], values: [2, 1, 0.5] }),
    rates: { 0: 2, 2: 2, 3: 1, 4: 1, 5: 0.5 },
  },
  cyclic: {
    schedule: cyclic({ baseLr: 1, maxLr: 2, stepsUp: 2, stepsDown: 4, cycleFactor: 0.5 }),
    rates: { 0: 1, 1: 1.5, 2: 2, 3: 1.75, 6: 1, 8: 1.5, 14: 1.25 },
  },
  sequential: {
    schedule: sequential([linearDecay({ lr: 2, steps: 2 }), stepDecay({ lr: 1, every: 1 })], { milestones: [3] }),
    rates: { 0: 2, 1: 1, 2: 0, 3: 1, 4: 0.1 },
  },
  chained: {
    schedule: chained([linearDecay({ lr: 2, steps: 4 }), exponentialDecay({ lr: 1, gamma: 0.5 })]),
    rates: { 0: 2, 1: 0.75, 2: 0.25, 4: 0 },
  },
  oneCycleMomentum: {
    schedule: oneCycleMomentum({
      steps: 5,
      pctStart: 0.6,
      maxMomentum: 1,
      baseMomentum: 0.5,
      annealStrategy: "linear",
    }),
    rates: { 0: 1, 1: 0.75, 2: 0.5, 3: 0.75, 4: 1, 9: 1 },
  },
  warmup: { schedule: warmup(linearDecay({ lr: 2, steps: 4 }), { steps: 2 }), rates: { 0: 0, 1: 1, 2: 2, 3: 1.5 } },
  oneCycle: {
    schedule: oneCycle({
      maxLr: 2,
      steps: 5,
      pctStart: 0.6,
      divFactor: 2,
      finalDivFactor: 4,
      annealStrategy: "linear",
    }),
    rates: { 0: 1, 1: 1.5, 2: 2, 3: (2 + 0.25) / 2, 4: 0.25, 5: 0.25 },
  },
};

describe("every schedule of the public index", () => {
  it("has its first rates by hand", () => {
    expect(Object.keys(firstRates).sort(), "`firstRates` wants a row for each schedule").toEqual(
      functionsOf(schedules),
    );
  });

  it.each(Object.entries(firstRates))("%s", (_name, { schedule, rates }) => expectRates(schedule, rates));
});

/** Options that every schedule takes, by which each is tried with one it does not know and with numbers out of range. */
const takes: Record<string, { make: (options: never) => Schedule; options: object; range: Record<string, unknown> }> = {
  stepDecay: { make: stepDecay, options: { lr: 1, every: 2 }, range: { lr: -1, every: 0, gamma: 0 } },
  multiStepDecay: { make: multiStepDecay, options: { lr: 1, milestones: [2] }, range: { lr: -1, gamma: 0 } },
  exponentialDecay: { make: exponentialDecay, options: { lr: 1, gamma: 0.5 }, range: { lr: -1, gamma: 0, every: 0 } },
  polynomialDecay: {
    make: polynomialDecay,
    options: { lr: 1, steps: 2 },
    range: { lr: -1, steps: 0, endLr: -1, power: 0 },
  },
  linearDecay: { make: linearDecay, options: { lr: 1, steps: 2 }, range: { lr: -1, steps: 0, endLr: -1 } },
  cosineDecay: { make: cosineDecay, options: { lr: 1, steps: 2 }, range: { lr: -1, steps: 0, endLr: -1 } },
  cosineRestarts: {
    make: cosineRestarts,
    options: { lr: 1, steps: 2 },
    range: { lr: -1, steps: 0, endLr: -1, growth: 0.9 },
  },
  inverseTimeDecay: {
    make: inverseTimeDecay,
    options: { lr: 1, decay: 1 },
    range: { lr: -1, decay: -1, every: 0 },
  },
  piecewiseConstant: {
    make: piecewiseConstant,
    options: { boundaries: [1], values: [1, 0] },
    range: { boundaries: [-1], values: [1] },
  },
  cyclic: {
    make: cyclic,
    options: { baseLr: 1, maxLr: 2, stepsUp: 2 },
    range: { baseLr: -1, maxLr: -1, stepsUp: 0, stepsDown: 0, cycleFactor: 0, stepFactor: 0 },
  },
  sequential: {
    make: (options) => sequential([stepDecay({ lr: 1, every: 2 }), () => 1], options),
    options: { milestones: [1] },
    range: { milestones: [2, 1] },
  },
  oneCycleMomentum: {
    make: oneCycleMomentum,
    options: { steps: 4 },
    range: { steps: 0, maxMomentum: 1.1, baseMomentum: -1, pctStart: 1.1, threePhase: 1 },
  },
  warmup: {
    make: (options) => warmup(1, options),
    options: { steps: 2 },
    range: { steps: 0, from: 1.1 },
  },
  oneCycle: {
    make: oneCycle,
    options: { maxLr: 1, steps: 2 },
    range: { maxLr: 0, steps: 0, pctStart: 1.1, divFactor: 0, finalDivFactor: 0, threePhase: 1 },
  },
};

describe("the options of every schedule", () => {
  it("are in the table", () => {
    // chained takes no options.
    const names = functionsOf(schedules).filter((name) => name !== "chained");
    expect(Object.keys(takes).sort(), "`takes` wants a row for each schedule").toEqual(names);
  });

  it.each(Object.entries(takes))("%s", (_name, { make, options, range }) => {
    expect(() => make(options as never)).not.toThrow();
    expect(() => make({ ...options, speed: 1 } as never)).toThrow(/options it knows, got "speed"/);
    for (const [name, value] of Object.entries(range)) {
      expect(() => make({ ...options, [name]: value } as never), name).toThrow(ValueError);
      expect(() => make({ ...options, [name]: Number.NaN } as never), name).toThrow(ValueError);
    }
  });

  it("linearDecay has no power", () => {
    expect(() => linearDecay({ lr: 1, steps: 2, power: 2 } as never)).toThrow(OptionError);
  });

  it("may be at the end of their range", () => {
    expectRates(warmup(2, { steps: 2, from: 1 }), { 0: 2, 1: 2, 2: 2 });
    expectRates(cosineRestarts({ lr: 1, steps: 4, growth: 1 }), {
      1: (1 + Math.SQRT1_2) / 2,
      5: (1 + Math.SQRT1_2) / 2,
    });
    expectRates(linearDecay({ lr: 0, steps: 2 }), { 0: 0, 1: 0 });
  });

  it("of milestones must ascend from above 0", () => {
    for (const milestones of [[0, 2], [2, 2], [-1], 3])
      expect(() => multiStepDecay({ lr: 1, milestones } as never)).toThrow(ValueError);
  });
});

describe("schedules", () => {
  const peers = peerSchedules();

  it("are those of PyTorch, Keras and optax: cosines with restarts that grow", () => {
    const schedule = cosineRestarts({ lr: 0.2, steps: 3, growth: 2, endLr: 0.01 });
    // Keras and optax compute in float32.
    for (const [peer, rates] of Object.entries(peers.cosineRestarts))
      rates.forEach((rate, i) => {
        expect(Math.abs(schedule(i) - rate), `${peer}, step ${i}`).toBeLessThan(peer === "torch" ? 1e-12 : 1e-7);
      });
  });

  it("are PyTorch's ChainedScheduler: a warm-up, a decay and milestones at once", () => {
    const schedule = chained([
      exponentialDecay({ lr: 0.4, gamma: 0.9 }),
      warmup(1, { steps: 4, from: 0.25 }),
      multiStepDecay({ lr: 1, milestones: [7, 12], gamma: 0.5 }),
    ]);
    expectRates(schedule, peers.chained);
    expect(() => chained([])).toThrow(OptionError);
    expect(() => chained(schedule as never)).toThrow(OptionError);
  });

  it.each(peers.oneCycle)("are PyTorch's OneCycleLR, its momentum too: $settings", ({ settings, rates, momenta }) => {
    const { base_momentum: baseMomentum, max_momentum: maxMomentum, ...others } = settings as Record<string, never>;
    const form = { steps: 20, ...inCamelCase(others) };
    const { divFactor: _, finalDivFactor: __, ...cycle } = form as unknown as Record<string, never>;
    expectRates(oneCycle({ maxLr: 0.3, ...form } as never), rates);
    expectRates(oneCycleMomentum({ ...cycle, baseMomentum, maxMomentum } as never), momenta);
  });

  it("in stairs, in lower cycles and one after another are those of Keras and PyTorch", () => {
    expectRates(inverseTimeDecay({ lr: 1, decay: 1, every: 4, staircase: true }), { 3: 1, 4: 0.5, 7: 0.5, 8: 1 / 3 });
    // torch.optim.lr_scheduler.CyclicLR(base 0.1, max 0.5, step_size_up 2, "exp_range", gamma 0.9).
    expectRates(cyclic({ baseLr: 0.1, maxLr: 0.5, stepsUp: 2, stepFactor: 0.9 }), {
      1: 0.28,
      2: 0.424,
      3: 0.2458,
      4: 0.1,
    });
    expect(() => sequential([], { milestones: [] })).toThrow(OptionError);
    expect(() => sequential([() => 1], { milestones: [1] })).toThrow(/0 milestones/);
    expect(() => inverseTimeDecay({ lr: 1, decay: 1, staircase: 1 as never })).toThrow(OptionError);
  });

  it("stepDecay multiplies every so many steps", () => {
    expectRates(stepDecay({ lr: 1, every: 3, gamma: 0.5 }), { 0: 1, 2: 1, 3: 0.5, 5: 0.5, 6: 0.25 });
    expectRates(stepDecay({ lr: 1, every: 3 }), { 3: 0.1 });
  });

  it("multiStepDecay multiplies at each milestone", () => {
    expectRates(multiStepDecay({ lr: 1, milestones: [2, 5], gamma: 0.1 }), {
      0: 1,
      1: 1,
      2: 0.1,
      4: 0.1,
      5: 0.01,
      99: 0.01,
    });
    expectRates(multiStepDecay({ lr: 1, milestones: [] }), { 9: 1 });
  });

  it("exponentialDecay multiplies smoothly", () => {
    expectRates(exponentialDecay({ lr: 1, gamma: 0.25, every: 2 }), { 0: 1, 1: 0.5, 2: 0.25, 3: 0.125 });
  });

  it("polynomialDecay and linearDecay end at endLr and stay there", () => {
    expectRates(polynomialDecay({ lr: 1.2, endLr: 0.2, steps: 10, power: 2 }), { 0: 1.2, 5: 0.45, 10: 0.2, 99: 0.2 });
    expectRates(linearDecay({ lr: 1, steps: 4 }), { 0: 1, 1: 0.75, 2: 0.5, 4: 0, 5: 0 });
    expectRates(linearDecay({ lr: 1, endLr: 3, steps: 4 }), { 1: 1.5, 9: 3 });
  });

  it("cosineDecay follows half a cosine", () => {
    expectRates(cosineDecay({ lr: 1.1, endLr: 0.1, steps: 8 }), {
      0: 1.1,
      2: 0.1 + (1 + Math.SQRT1_2) / 2,
      4: 0.6,
      6: 0.1 + (1 - Math.SQRT1_2) / 2,
      8: 0.1,
      20: 0.1,
    });
  });

  it("cosineRestarts starts over, each time longer", () => {
    expectRates(cosineRestarts({ lr: 1, steps: 2, growth: 2 }), { 0: 1, 1: 0.5, 2: 1, 4: 0.5, 6: 1, 10: 0.5, 14: 1 });
    expectRates(cosineRestarts({ lr: 1, steps: 2 }), { 0: 1, 1: 0.5, 2: 1, 3: 0.5, 1000001: 0.5 });
  });

  it("warmup leads up to where the next schedule begins", () => {
    expectRates(warmup(cosineDecay({ lr: 1, steps: 4 }), { steps: 4 }), { 0: 0, 1: 0.25, 3: 0.75, 4: 1, 6: 0.5, 8: 0 });
    expectRates(warmup(2, { steps: 2, from: 0.5 }), { 0: 1, 1: 1.5, 2: 2, 50: 2 });
  });

  it("oneCycle goes by PyTorch's formula", () => {
    // OneCycleLR(max_lr=1, total_steps=10): its phases end at step 0.3 · 10 - 1 = 2 and at step 9.
    const schedule = oneCycle({ maxLr: 1, steps: 10 });
    const [first, last] = [1 / 25, 1 / 25 / 1e4];
    expectRates(schedule, {
      0: first,
      1: (1 + first) / 2,
      2: 1,
      3: last + ((1 - last) / 2) * (1 + Math.cos(Math.PI / 7)),
      9: last,
      30: last,
    });
    const lines = oneCycle({
      maxLr: 1,
      steps: 11,
      pctStart: 0.5454545454545455,
      annealStrategy: "linear",
      divFactor: 5,
      finalDivFactor: 2,
    });
    expectRates(lines, { 0: 0.2, 1: 0.36, 5: 1, 6: 1 - 0.9 / 5, 10: 0.1 });
    expectRates(oneCycle({ maxLr: 1, steps: 1 }), { 0: 1 / 25 / 1e4 });
    expectRates(oneCycle({ maxLr: 1, steps: 4, pctStart: 1 }), { 0: first, 3: 1, 4: last });
    expectRates(oneCycle({ maxLr: 1, steps: 10, pctStart: 0.1 }), { 0: 1, 9: last });
  });

  it("refuse what makes no schedule, and misspelt options", () => {
    expect(() => stepDecay({ lr: 1, every: 0 })).toThrow(
      /stepDecay, every: expected a number above 0, got the number 0/,
    );
    expect(() => stepDecay({ lr: -1, every: 1 })).toThrow(ValueError);
    expect(() => stepDecay({ lr: 1, evry: 1 } as never)).toThrow(/Did you mean "every"/);
    expect(() => cosineDecay({ lr: 1 } as never)).toThrow(
      /cosineDecay, steps: expected a number above 0, got undefined/,
    );
    expect(() => cosineRestarts({ lr: 1, steps: 2, growth: 0.5 })).toThrow(ValueError);
    expect(() => multiStepDecay({ lr: 1, milestones: [5, 2] })).toThrow(/milestones above 0 that ascend/);
    expect(() => warmup(1, { steps: 5, from: 2 })).toThrow(ValueError);
    expect(() => oneCycle({ maxLr: 1, steps: 10, annealStrategy: "cosine" as never })).toThrow(OptionError);
    expect(() => oneCycle({ maxLr: 1, steps: 10, pctStart: 2 })).toThrow(ValueError);
    expect(() => polynomialDecay({ lr: 1, steps: 5, power: 0 })).toThrow(ValueError);
    expect(() => exponentialDecay({ lr: 1 } as never)).toThrow(ValueError);
  });
});

describe("ReduceOnPlateau", () => {
  const run = (options: ConstructorParameters<typeof ReduceOnPlateau>[1], measurements: number[]) => {
    const optimizer = { lr: 1 };
    const plateau = new ReduceOnPlateau(optimizer, { factor: 0.5, ...options });
    return measurements.map((measurement) => {
      plateau.step(measurement);
      return optimizer.lr;
    });
  };

  it("waits for more than `patience` measurements that are no better", () => {
    expect(run({ patience: 2 }, [1, 1, 1, 1, 1, 1, 1])).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25]);
    expect(run({ patience: 2 }, [1, 1, 1, 0.9, 1, 1, 1])).toEqual([1, 1, 1, 1, 1, 1, 0.5]);
  });

  it("counts only what is better by the threshold", () => {
    expect(run({ patience: 0, threshold: 0.1 }, [1, 0.95, 0.8])).toEqual([1, 0.5, 0.5]);
    expect(run({ patience: 0, threshold: 0.1, thresholdMode: "abs" }, [5, 4.95, 4.5])).toEqual([1, 0.5, 0.5]);
  });

  it("waits for ten measurements that are no better by a ten-thousandth, unless it is told otherwise", () => {
    const rates = run({}, [1, ...new Array(11).fill(1 - 0.9e-4)]);
    expect(rates.slice(-2)).toEqual([1, 0.5]);
    const better = run({}, [1, ...new Array(10).fill(1), 1 - 1.1e-4, 1]);
    expect(better.at(-1)).toBe(1);
    const plateau = { lr: 1 };
    const callback = new ReduceOnPlateau(plateau, { patience: 0 });
    callback.step(1);
    callback.step(1);
    expect(plateau.lr).toBeCloseTo(0.1, 12);
  });

  it("takes the same measurement for no better, also without a threshold, and infinity from the start", () => {
    expect(run({ patience: 0, threshold: 0 }, [1, 1])).toEqual([1, 0.5]);
    expect(run({ patience: 0 }, [Number.POSITIVE_INFINITY, 5])).toEqual([0.5, 0.5]);
  });

  it("never raises a rate that is below the smallest", () => {
    expect(run({ patience: 0, minLr: 2 }, [1, 1, 1])).toEqual([1, 1, 1]);
  });

  it("can watch what should grow", () => {
    expect(run({ patience: 0, mode: "max" }, [0.5, 0.6, 0.6])).toEqual([1, 1, 0.5]);
  });

  it("rests after a change, and stops at the smallest rate", () => {
    expect(run({ patience: 0, cooldown: 2 }, [1, 1, 1, 1, 1])).toEqual([1, 0.5, 0.5, 0.5, 0.25]);
    expect(run({ patience: 0, minLr: 0.4 }, [1, 1, 1])).toEqual([1, 0.5, 0.4]);
  });

  it("takes NaN for no better", () => {
    expect(run({ patience: 0 }, [Number.NaN, 1, Number.NaN])).toEqual([0.5, 0.5, 0.25]);
  });

  it("says whether it lowered the rate", () => {
    const plateau = new ReduceOnPlateau({ lr: 1 }, { patience: 0, minLr: 0.1 });
    expect([1, 1, 1].map((measurement) => plateau.step(measurement))).toEqual([false, true, false]);
    expect(plateau.best).toBe(1);
  });

  it("refuses options that make no sense", () => {
    const optimizer = { lr: 1 };
    for (const factor of [0, 1, 2, Number.NaN])
      expect(() => new ReduceOnPlateau(optimizer, { factor })).toThrow(ValueError);
    expect(() => new ReduceOnPlateau(optimizer, { thresholdMode: "relative" as never })).toThrow(OptionError);
    expect(() => new ReduceOnPlateau(optimizer, { patience: -1 })).toThrow(ValueError);
    expect(() => new ReduceOnPlateau(optimizer, { mode: "auto" as never })).toThrow(OptionError);
    expect(() => new ReduceOnPlateau(optimizer, { patence: 1 } as never)).toThrow(/Did you mean "patience"/);
  });
});
