/**
 * Trains for 100,000 steps and prints what the heap holds after 10,000 and at the end, in bytes, as JSON.
 *
 * Runs by itself under `node --expose-gc`; `depth.test.ts` starts it.
 */
import { noGrad, parameter, tensor } from "../src/index.ts";

const collect = (globalThis as { gc?: () => void }).gc;
if (!collect) throw new Error("run it with node --expose-gc");

const w = parameter([0.5, -0.5]);
const [x, y] = [
  tensor([
    [1, 2],
    [3, 4],
    [-1, 1],
  ]),
  tensor([1, 0, 2]),
];
/** What a user might keep of every step: a result must not keep the graph that made it. */
let lastLoss = tensor(0);

function train(steps: number): void {
  for (let i = 0; i < steps; i++) {
    const loss = x.matmul(w).sub(y).square().mean();
    w.zeroGrad();
    loss.backward();
    noGrad(() => w.assign(w.sub(w.grad!.mul(0.01))));
    lastLoss = loss;
  }
}

function held(): number {
  collect!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

train(10_000);
const early = held();
train(90_000);
const late = held();
console.log(JSON.stringify({ early, late, loss: lastLoss.item() }));
