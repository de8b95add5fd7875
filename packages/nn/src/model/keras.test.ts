/**
 * The program of DESIGN.md, against Keras's formulas in plain numbers.
 */
import { manualSeed } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Adam, Dense, Sequential } from "../index.ts";

const data = { x: [0, 1], y: [0, 1] };

/**
 * What Keras computes for one sigmoid unit, batch size 1, samples in their order.
 *
 * @param epsilonHat Keras adds epsilon to √v before the correction of v for its start at 0 ("epsilon hat" of Kingma & Ba,
 *   before section 2.1), the paper's Algorithm 1 and PyTorch after it.
 */
function keras(start: { w: number; b: number }, epochs: number, epsilonHat = true) {
  const [lr, beta1, beta2, epsilon] = [0.001, 0.9, 0.999, 1e-7];
  const weights = [start.w, start.b];
  const [m, v] = [
    [0, 0],
    [0, 0],
  ];
  const losses: number[] = [];
  const accuracies: number[] = [];
  for (let epoch = 0, t = 0; epoch < epochs; epoch++) {
    let [loss, right] = [0, 0];
    for (let i = 0; i < 2; i++) {
      const [x, y] = [data.x[i], data.y[i]];
      const p = 1 / (1 + Math.exp(-(weights[0] * x + weights[1])));
      const clipped = Math.min(Math.max(p, 1e-7), 1 - 1e-7);
      loss -= y * Math.log(clipped) + (1 - y) * Math.log(1 - clipped);
      right += Number(p > 0.5 === (y === 1));
      const slope = (-y / clipped + (1 - y) / (1 - clipped)) * p * (1 - p);
      const gradient = [slope * x, slope];
      t++;
      const alpha = (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
      const small = epsilonHat ? epsilon : epsilon * Math.sqrt(1 - beta2 ** t);
      for (let k = 0; k < 2; k++) {
        m[k] += (gradient[k] - m[k]) * (1 - beta1);
        v[k] += (gradient[k] ** 2 - v[k]) * (1 - beta2);
        weights[k] -= (alpha * m[k]) / (Math.sqrt(v[k]) + small);
      }
    }
    losses.push(loss / 2);
    accuracies.push(right / 2);
  }
  return { w: weights[0], b: weights[1], losses, accuracies };
}

async function ours(
  optimizer: Adam | "adam",
  dtype: "float32" | "float64",
  start: { w: number; b: number },
  epochs: number,
) {
  const model = new Sequential();
  const dense = new Dense({ units: 1, inputDim: 1, activation: "sigmoid", dtype });
  model.add(dense);
  dense.kernel.assign([[start.w]]);
  dense.bias!.assign([start.b]);
  model.compile({ optimizer, loss: "binary_crossentropy", metrics: ["accuracy"] });
  const { history } = await model.fit([[0], [1]], [[0], [1]], { epochs, batchSize: 1, shuffle: false });
  return { w: dense.kernel.item(), b: dense.bias!.item(), history };
}

const starts = [
  { w: 0.5, b: -0.2 },
  { w: -1.2, b: 0.7 },
  { w: 3, b: 3 },
];

describe("the program of DESIGN.md", () => {
  it("runs as it is written there", async () => {
    manualSeed(1);
    const model = new Sequential();
    model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
    model.compile({ optimizer: new Adam(), loss: "binary_crossentropy", metrics: ["accuracy"] });
    const history = await model.fit([[0], [1]], [[0], [1]], { epochs: 200, batchSize: 1 });
    expect(history.epochs.length).toBe(200);
    expect(history.history.loss.length).toBe(200);
    expect(history.history.loss[199]).toBeLessThan(history.history.loss[0]);
    expect(history.history.accuracy.every((share) => [0, 0.5, 1].includes(share))).toBe(true);
  });

  it.each(starts)("with the name of Adam does what Keras's formulas give, from w = $w and b = $b", async (start) => {
    for (const [dtype, digits] of [["float32", 4] as const, ["float64", 12] as const]) {
      const [found, wanted] = [await ours("adam", dtype, start, 200), keras(start, 200)];
      expect(found.w).toBeCloseTo(wanted.w, digits);
      expect(found.b).toBeCloseTo(wanted.b, digits);
      found.history.loss.forEach((loss, epoch) => {
        expect(loss).toBeCloseTo(wanted.losses[epoch], digits);
      });
      expect(found.history.accuracy).toEqual(wanted.accuracies);
    }
  });

  it.each(starts)(
    "with the class differs from them by where Adam adds epsilon, and by nothing else, from w = $w and b = $b",
    async (start) => {
      const [found, wanted] = [await ours(new Adam(), "float64", start, 200), keras(start, 200, false)];
      expect(found.w).toBeCloseTo(wanted.w, 12);
      expect(found.b).toBeCloseTo(wanted.b, 12);
      found.history.loss.forEach((loss, epoch) => {
        expect(loss).toBeCloseTo(wanted.losses[epoch], 12);
      });
    },
  );

  it("clips where Keras does: a sure prediction that is wrong costs -log 1e-7", async () => {
    const start = { w: 0, b: 40 };
    const [found, wanted] = [await ours("adam", "float64", start, 1), keras(start, 1)];
    expect(found.history.loss[0]).toBeCloseTo(wanted.losses[0], 6);
    expect(found.history.loss[0]).toBeCloseTo(-Math.log(1e-7) / 2, 3);
  });
});
