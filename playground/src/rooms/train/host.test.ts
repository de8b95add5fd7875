/**
 * The worker's side, without a worker: what it answers, and that it hears messages while it plays.
 */

import { defineLoss, mse, type Tensor } from "chainrule";
import { describe, expect, it } from "vitest";
import { TrainingHost } from "./host.ts";
import { lossFrom, ownLossImport } from "./own-loss.ts";
import { mapSize, neuronSize, type Reply, type Request } from "./protocol.ts";
import { fields, type ModelSettings, type Settings } from "./settings.ts";

const first = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial])) as Settings;

/** A host whose clock goes by calls, and whose slices are run by hand. */
function start(given: Partial<Settings> = {}, other: ModelSettings | null = null, step = 0) {
  const replies: Reply[] = [];
  const waiting: (() => void)[] = [];
  let now = 0;
  const host = new TrainingHost({
    post: (reply) => replies.push(structuredClone(reply)),
    soon: (f) => waiting.push(f),
    now: () => (now += 1),
  });
  const ask = (request: Request) => {
    host.hear(request);
    return replies.at(-1)!;
  };
  const frame = (details = true) => {
    const reply = ask({ type: "frame", known: [], details });
    if (reply.type !== "frame") throw new Error(`got ${JSON.stringify(reply)}`);
    return reply;
  };
  const slice = () => waiting.shift()?.();
  ask({ type: "start", run: 7, settings: { ...first, samples: 40, layers: [3], ...given }, other, step });
  return { replies, waiting, ask, frame, slice };
}

describe("the host of trainings", () => {
  it("begins with the points and the form of the network, and goes to the step of the link", () => {
    const { replies, frame } = start({ data: "blobs", classes: 3, loss: "crossEntropy" }, null, 12);
    const [begun] = replies;
    if (begun.type !== "begun") throw new Error("it has not begun");
    expect([begun.run, begun.points.trained, begun.points.labels.length, begun.points.classes]).toEqual([7, 32, 40, 3]);
    expect(begun.networks[0]).toMatchObject({ units: [3, 3], names: ["hidden 1", "output"], floor: 0 });
    const { step, trainings } = frame();
    expect(step).toBe(12);
    const [training] = trainings;
    expect(training.map.length).toBe(mapSize ** 2 * 3);
    expect(training.neurons.length).toBe(3 * neuronSize ** 2);
    expect(training.weights.length).toBe(2 * 3 + 3 + 3 * 3 + 3);
    expect(training.curve.length).toBe(13 * 5);
    expect(training.details!.confusion.reduce((sum, count) => sum + count, 0)).toBe(32);
    for (let cell = 0; cell < 9; cell++) {
      const shares = training.map.subarray(3 * cell, 3 * cell + 3);
      expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 255)).toBeLessThanOrEqual(2);
    }
  });

  it("knows the floor of smoothed labels", () => {
    const { replies } = start({ lossOptions: { labelSmoothing: 0.2 } });
    const entropy = -(0.9 * Math.log(0.9) + 0.1 * Math.log(0.1));
    expect(replies[0]).toMatchObject({ networks: [{ floor: expect.closeTo(entropy, 5) }] });
  });

  it("plays in slices, hears in between, and goes by its speed", () => {
    const { ask, frame, slice, waiting } = start();
    ask({ type: "play", speed: Number.POSITIVE_INFINITY });
    slice();
    const { step, isPlaying } = frame();
    expect([step > 0, isPlaying]).toEqual([true, true]);
    slice();
    ask({ type: "pause" });
    const paused = frame().step;
    expect(paused).toBeGreaterThan(step);
    slice();
    expect([frame().step, waiting.length]).toEqual([paused, 0]);
    // A hundred steps a second of a clock that goes a millisecond at each look.
    ask({ type: "play", speed: 100 });
    for (let i = 0; i < 200; i++) slice();
    const more = frame().step - paused;
    expect(more).toBeGreaterThan(2);
    expect(more).toBeLessThan(200);
  });

  it("trains two settings from one seed, step by step", () => {
    const { frame, ask } = start({ lr: 0.1 }, { ...first, layers: [3] });
    ask({ type: "step", count: 30 });
    const { trainings } = frame();
    const alone = start();
    alone.ask({ type: "step", count: 30 });
    expect(trainings[1].weights).toEqual(alone.frame().trainings[0].weights);
    expect(trainings[0].weights).not.toEqual(trainings[1].weights);
    ask({ type: "to", step: 10 });
    expect(frame().step).toBe(10);
  });

  it("sends details where they are asked for, and of curves what is new", () => {
    const { ask, frame } = start();
    expect(frame(false).trainings[0].details).toBeNull();
    ask({ type: "step", count: 5 });
    const reply = ask({ type: "frame", known: [4], details: false });
    expect(reply.type === "frame" && reply.trainings[0].curve.filter((_, i) => i % 5 === 0)).toEqual(
      Float64Array.of(4, 5),
    );
  });

  it.each<[string, Partial<Settings>, RegExp]>([
    ["an option that is none of the loss", { lossOptions: { gamma: 2 } }, /binaryCrossEntropyWithLogits.*gamma/],
    ["too few drawn points", { data: "drawn", points: "0 0 1" }, /two points at least, got 1/],
    ["a table of one class", { data: "csv", csv: "a,b,c\n1,2,x\n2,1,x\n" }, /from two to 5 classes, got 1/],
    ["a loss that nobody has run", { loss: "own" }, /has not been run/],
  ])("answers %s with a problem", (_name, given, message) => {
    const { replies, ask } = start(given);
    expect(replies.at(-1)).toMatchObject({ type: "problem", message: expect.stringMatching(message) });
    const { length } = replies;
    ask({ type: "frame", known: [], details: true });
    expect(replies.length).toBe(length);
  });
});

describe("a learner's module", () => {
  it("exports a loss by default, or as its only function; of a plain function the mean counts", () => {
    const mine = defineLoss("mineInATest", (p, t) => p.sub(t).square());
    expect(lossFrom({ mine })).toBe(mine);
    expect(lossFrom({ default: mine, other: () => 3 })).toBe(mine);
    expect(lossFrom({ default: mse })).toBe(mse);
    expect(lossFrom({ default: (p: Tensor, t: Tensor) => p.sub(t).abs() })([1, 4], [0, 0]).item()).toBe(2.5);
    expect(() => lossFrom({ number: 3 })).toThrow(/no loss is exported/);
  });

  it("is imported by the program as it is exported", () => {
    const lines = (source: string) => ownLossImport(source).lines.map((line) => line.replace(/ \/\/.*/, ""));
    expect(lines("export default defineLoss(…)")).toEqual(['import ownLoss from "./own-loss.ts";']);
    expect(lines("export const mine = defineLoss(…)")).toEqual(['import { mine as ownLoss } from "./own-loss.ts";']);
    expect(lines("export function f(p, t) {}")[0]).toBe('import { f as written } from "./own-loss.ts";');
  });
});
