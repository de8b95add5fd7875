/**
 * A model of one weight, whose training can be followed by hand.
 */
import { Dense, type MetricLike, Sequential, SGD } from "../src/index.ts";

/** y = w x from w = 0, in float64, trained by plain gradient descent on the squared error. */
export function line(lr = 0.1, metrics: readonly MetricLike[] = []) {
  const dense = new Dense({ units: 1, inputDim: 1, useBias: false, kernelInitializer: "zeros", dtype: "float64" });
  const model = new Sequential([dense]);
  model.compile({ optimizer: new SGD({ lr }), loss: "mse", metrics });
  return { model, weight: () => dense.kernel.item() };
}

/** The same in plain numbers: a step on each of the batches, given by the numbers of their samples. */
export function lineByHand(x: number[], y: number[], batches: number[][], lr = 0.1, weights = x.map(() => 1)): number {
  let w = 0;
  for (const batch of batches) {
    let gradient = 0;
    for (const i of batch) gradient += (weights[i] * 2 * (w * x[i] - y[i]) * x[i]) / batch.length;
    w -= lr * gradient;
  }
  return w;
}

/** Numbers as samples of one number each. */
export function column(numbers: readonly number[]): number[][] {
  return numbers.map((n) => [n]);
}

/** Five samples that no line goes through. */
export const x = [1, 2, 3, 4, 5];
export const y = [2, 1, 4, 3, 6];
