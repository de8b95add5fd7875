/**
 * Makes models or compiled functions by the thousand in one loop and prints, as JSON, the most memory that was resident:
 *
 * `node --import tsx packages/nn/test/sweep.ts mlp 10000`
 *
 * `.ci/memory.mjs` compares ten rounds with many; `async:mlp` waits after each round.
 */
import { argv, memoryUsage, resourceUsage } from "node:process";
import { jit, setNumThreads } from "@chainrule/compiler";
import { parameter, randint, randn, type Tensor, tensor } from "@chainrule/core";
import { crossEntropy, mse } from "@chainrule/losses";
import { Adam, Conv2d, Dense, Flatten, LSTM, MaxPool2d, type Module, Sequential, SGD } from "../src/index.ts";

/** Takes three steps with a new model, compiled or not; returns the last loss. */
function train(model: Module, x: Tensor, y: Tensor, compiled: boolean, steps = 3): number {
  const optimizer = new Adam(model, { lr: 1e-3 });
  const step = (a: Tensor, b: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.call(a) as Tensor, b);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const run = compiled ? jit(step) : step;
  let last = 0;
  for (let i = 0; i < steps; i++) last = run(x, y).item();
  return last;
}

function mlp(inputs: number, hidden: number): Sequential {
  const model = new Sequential([new Dense({ units: hidden, inputDim: inputs, activation: "relu" }), new Dense(10)]);
  model.ensureBuilt([null, inputs]);
  return model;
}

function cnn(filters: number): Sequential {
  const model = new Sequential([
    new Conv2d({ filters, kernelSize: 3, activation: "relu" }),
    new MaxPool2d({ kernelSize: 2 }),
    new Flatten(),
    new Dense(10),
  ]);
  model.ensureBuilt([null, 1, 16, 16]);
  return model;
}

function recurrent(units: number): Sequential {
  const model = new Sequential([new LSTM({ units }), new Dense(10)]);
  model.ensureBuilt([null, 6, 8]);
  return model;
}

const x = randn([32, 784]);
const y = randint(0, 10, [32]);
const images = randn([8, 1, 16, 16]);
const series = randn([8, 6, 8]);
const few = y.slice([0, 8]);
const kept = mlp(784, 64);
const alternating = [1, 2].map((i) => {
  const w = parameter(randn([1000, 1000 * i]).mul(0.01));
  const step = jit((a: Tensor) => {
    w.assign(w.mul(0.999).add(a.mean()));
    return w.sum();
  });
  return { w, step };
});

/** What is done in each round, which is given by its number. */
const scenarios: Readonly<Record<string, (round: number) => unknown>> = {
  mlp: () => train(mlp(784, 256), x, y, true),
  widths: (i) => train(mlp(784, 16 + ((i * 37) % 240)), x, y, true),
  eager: () => train(mlp(784, 256), x, y, false, 12),
  tiny: () => train(mlp(784, 1), x, y, true, 1),
  cnn: (i) => train(cnn(4 + (i % 12)), images, few, true),
  lstm: (i) => train(recurrent(4 + (i % 12)), series, few, true),
  constants: (i) => {
    const big = randn([500_000]);
    return jit((a: Tensor) => a.mul(big).sum())(tensor(i)).item();
  },
  arenas: (i) => {
    const a = randn([2 ** 22]);
    return jit((b: Tensor) => b.exp().cumsum(0).mul(b.sort(0)).sum().add(i))(a).item();
  },
  kept: (i) => {
    if (i % 100 === 0) train(kept, x, y, true);
    return train(mlp(784, 256), x, y, true);
  },
  gradients: () => {
    const model = mlp(784, 256);
    const loss = jit((a: Tensor) => {
      const value = (model.call(a) as Tensor).square().mean();
      value.backward();
      return value;
    });
    loss(x);
    return loss(x).item();
  },
  alternating: (i) => alternating[i % 2].step(tensor([i])).item(),
  sgd: (i) => {
    const model = mlp(20, 4 + (i % 5));
    const optimizer = new SGD(model, { lr: 0.1 });
    const step = jit((a: Tensor, b: Tensor) => {
      optimizer.zeroGrad();
      const loss = mse(model.call(a) as Tensor, b);
      loss.backward();
      optimizer.step();
      return loss;
    });
    return step(randn([8, 20]), randn([8, 10])).item();
  },
};

const [, , asked, rounds] = argv;
const [name, ...ways] = asked.split(":").reverse();
if (ways.includes("threads")) await setNumThreads(2);
const round = scenarios[name];
let last: unknown;
const memory: number[] = [];
const megabytes = (bytes: number) => Math.round(bytes / 1e6);
for (let i = 0; i < Number(rounds); i++) {
  if (ways.includes("fit")) {
    const model = mlp(784, 64);
    model.compile({ optimizer: "adam", loss: "crossEntropy" });
    await model.fit(x, y, { epochs: 3, batchSize: 16, verbose: 0 });
  } else last = round(i);
  if (ways.includes("async")) await new Promise((resolve) => setTimeout(resolve, 0));
  if (i % Math.ceil(Number(rounds) / 10) === 0) memory.push(megabytes(memoryUsage.rss()));
}
const peak = resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ scenario: asked, rounds: Number(rounds), peak: Math.round(peak), memory, last }));
