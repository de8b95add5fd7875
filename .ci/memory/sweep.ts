/**
 * Makes models or compiled functions by the thousand in one loop, which waits for nothing, and prints as JSON the most
 * memory that was resident: `.ci/memory.mjs` bundles this and runs it for each scenario.
 *
 * A scenario's name may have ways in front of it: `async:mlp` waits after each round, `threads:mlp` runs on two threads.
 */
import { argv, memoryUsage, resourceUsage } from "node:process";
import {
  Adam,
  Conv2d,
  crossEntropy,
  Dense,
  Dropout,
  Flatten,
  grad,
  jit,
  LSTM,
  MaxPool2d,
  type Module,
  mse,
  parameter,
  randint,
  randn,
  Sequential,
  SGD,
  setNumThreads,
  type Tensor,
  tensor,
} from "chainrule";

type Step = (x: Tensor, y: Tensor) => Tensor;

function stepOf(model: Module): Step {
  const optimizer = new Adam(model, { lr: 1e-3 });
  return (x, y) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.call(x) as Tensor, y);
    loss.backward();
    optimizer.step();
    return loss;
  };
}

/** Takes steps with a new model; returns the last loss. */
function train(step: Step, x: Tensor, y: Tensor, steps = 3): number {
  let last = 0;
  for (let i = 0; i < steps; i++) last = step(x, y).item();
  return last;
}

function mlp(inputs: number, ...hidden: readonly number[]): Sequential {
  const layers = hidden.map((units) => new Dense({ units, activation: "relu" }));
  return built(new Sequential([...layers, new Dense(10)]), inputs);
}

function cnn(filters: number): Sequential {
  const convolution = new Conv2d({ filters, kernelSize: 3, activation: "relu" });
  return built(
    new Sequential([convolution, new MaxPool2d({ kernelSize: 2 }), new Flatten(), new Dense(10)]),
    1,
    16,
    16,
  );
}

function recurrent(units: number): Sequential {
  return built(new Sequential([new LSTM({ units }), new Dropout(0.1), new Dense(10)]), 6, 8);
}

function built(model: Sequential, ...shape: readonly number[]): Sequential {
  model.ensureBuilt([null, ...shape]);
  return model;
}

const x = randn([32, 784]);
const y = randint(0, 10, [32]);
const images = randn([8, 1, 16, 16]);
const series = randn([8, 6, 8]);
const few = y.slice([0, 8]);
const kept = stepOf(mlp(784, 64));
const keptJitted = jit(kept);
const alternating = [1, 2].map((i) => {
  const w = parameter(randn([1000, 1000 * i]).mul(0.01));
  return jit((a: Tensor) => {
    w.assign(w.mul(0.999).add(a.mean()));
    return w.sum();
  });
});

/** What the function throws; it must. */
function thrown(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected an error");
}

/** What is done in each round, which is given by its number. */
const scenarios: Readonly<Record<string, (round: number) => unknown>> = {
  mlp: () => train(jit(stepOf(mlp(784, 256))), x, y),
  widths: (i) => train(jit(stepOf(mlp(784, 16 + ((i * 37) % 240)))), x, y),
  depths: (i) => train(jit(stepOf(mlp(784, ...Array(1 + (i % 5)).fill(8 + (i % 90))))), x, y),
  tiny: () => train(jit(stepOf(mlp(784, 1))), x, y, 1),
  cnn: (i) => train(jit(stepOf(cnn(4 + (i % 12)))), images, few),
  lstm: (i) => train(jit(stepOf(recurrent(4 + (i % 12)))), series, few),
  eager: () => train(stepOf(mlp(784, 256)), x, y, 12),
  constants: (i) => {
    const big = randn([500_000]);
    return jit((a: Tensor) => a.mul(big).sum())(tensor(i)).item();
  },
  arenas: (i) => {
    const a = randn([2 ** 22]);
    return jit((b: Tensor) => b.exp().cumsum(0).mul(b.sort(0)).sum().add(i))(a).item();
  },
  kept: (i) => {
    if (i % 10 === 0) train(keptJitted, x, y);
    return train(jit(stepOf(mlp(784, 256))), x, y);
  },
  backward: () => {
    const model = mlp(784, 256);
    const loss = jit((a: Tensor) => {
      const value = (model.call(a) as Tensor).square().mean();
      value.backward();
      return value;
    });
    loss(x);
    return loss(x).item();
  },
  gradients: (i) => {
    const of = jit(grad((w: Tensor) => x.matmul(w).tanh().mul(i).mean()));
    return of(randn([784, 100]))
      .sum()
      .item();
  },
  alternating: (i) => alternating[i % 2](tensor([i])).item(),
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
  predict: () => {
    const model = mlp(784, 256);
    for (let i = 0; i < 3; i++) model.predict(x);
    return (model.predict(x) as Tensor).sum().item();
  },
  fit: async () => {
    const model = mlp(784, 64);
    model.compile({ optimizer: "adam", loss: "crossEntropy", metrics: ["accuracy"] });
    await model.fit(x, y, { epochs: 3, batchSize: 16, verbose: 0 });
    await model.evaluate(x, y);
    return (model.predict(x) as Tensor).sum().item();
  },
  // What throws: while it is traced, by a check of numbers, for want of memory. Then a step that does not.
  failing: (i) => {
    const step = stepOf(mlp(784, 64));
    const jitted = jit(step);
    thrown(() => jitted(x.slice([0, 30]), y));
    jitted(x, y);
    thrown(() => jitted(x, y.add(-10)));
    if (i % 10 === 0) {
      const huge = jit((a: Tensor) => a.unsqueeze(1).add(a).exp().cumsum(0).sum());
      thrown(() => huge(randn([40_000])));
    }
    return train(jitted, x, y);
  },
};

const [, , asked, rounds] = argv;
const [name, ...ways] = asked.split(":").reverse();
if (ways.includes("threads")) await setNumThreads(2);
const round = scenarios[name];
/** What is resident now and then, in MB. */
const resident: number[] = [];
let last: unknown;
for (let i = 0; i < Number(rounds); i++) {
  const result = round(i);
  // A round that has nothing to wait for is not waited for: then nobody hears of garbage.
  last = result instanceof Promise ? await result : result;
  if (!Number.isFinite(last)) throw new Error(`${asked}, round ${i}: ${last}`);
  if (ways.includes("async")) await new Promise((resolve) => setTimeout(resolve, 0));
  if (i % Math.ceil(Number(rounds) / 10) === 0) resident.push(Math.round(memoryUsage.rss() / 1e6));
}
// In kB, everywhere.
const peak = Math.round((resourceUsage().maxRSS * 1024) / 1e6);
console.log(JSON.stringify({ scenario: asked, rounds: Number(rounds), peak, resident, last }));
