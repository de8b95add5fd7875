/**
 * A training goes on, back and on again with the same bits, and with every loss that is offered.
 */
import { describe, expect, it } from "vitest";
import { makeData } from "./data.ts";
import { lossCatalogue } from "./losses.ts";
import { fields, type Settings } from "./settings.ts";
import { Training } from "./training.ts";

const first = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial])) as Settings;

function start(given: Partial<Settings> = {}): Training {
  const settings = { ...first, ...given };
  return new Training(settings, makeData(settings));
}

describe("a training", () => {
  it.each<[string, Partial<Settings>]>([
    ["with all points at once", {}],
    ["in batches, with dropout and a penalty", { batch: 30, dropout: 0.2, penalty: "l2", activation: "relu" }],
  ])("%s is at every step the same, however it came there", (_name, given) => {
    const whole = start(given);
    whole.step(150);
    const weights = whole.weights();
    const { changes, lossOfStep } = whole;
    whole.step(1);
    whole.to(150);
    expect(whole.weights()).toEqual(weights);
    expect(whole.changes).toEqual(changes);
    expect(whole.lossOfStep).toBe(lossOfStep);
    const other = start(given);
    for (const count of [1, 40, 9, 100]) other.step(count);
    expect(other.at).toBe(150);
    expect(other.weights()).toEqual(weights);
    expect(other.changes).toEqual(changes);
    expect(other.curve.from(0)).toEqual(whole.curve.from(0).subarray(0, 151 * 5));
    whole.to(0);
    expect([whole.at, whole.lossOfStep, whole.changes]).toEqual([0, Number.NaN, []]);
    expect(whole.weights()).toEqual(start(given).weights());
  });

  it("learns moons", () => {
    const training = start();
    training.step(400);
    expect(training.score(training.train).accuracy).toBeGreaterThan(0.97);
    expect(training.score(training.test!).accuracy).toBeGreaterThan(0.9);
  });

  it("stays as it is when it is diagnosed", () => {
    const training = start({ batch: 20, dropout: 0.1 });
    training.step(20);
    training.diagnose();
    training.step(20);
    const other = start({ batch: 20, dropout: 0.1 });
    other.step(40);
    expect(training.weights()).toEqual(other.weights());
  });
});

describe.each([2, 3])("every loss, of %i classes,", (classes) => {
  it.each(lossCatalogue().map(({ name }) => name))("%s trains", (loss) => {
    const training = start({ data: "blobs", classes, loss, layers: [4], samples: 60, lr: 0.1 });
    const before = training.score(training.train);
    training.step(60);
    const after = training.score(training.train);
    expect(after.loss).toBeLessThan(before.loss);
    expect(after.accuracy).toBeGreaterThan(0.7);
  });
});
