/**
 * The workloads: what each is, what all contenders start from, and how they prove to do the same work.
 *
 * A start is `{ weights, batches }`: weights by name, in the order in which models list them, and batches that the steps
 * take in turn; each array is `{ shape, data }`. A contender makes `steps(n)` of it, which does n steps more and
 * returns a few figures (a loss, some weights) that must agree with ours.
 */
import { readFileSync } from "node:fs";
import { seeded } from "./random.mjs";

/** Adam's settings, the same for all; eps is PyTorch's. */
export const adam = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 };

const batchCount = 4;

/** A dense layer's weights: [in, out], uniform in ±√(6 / (in + out)) (Glorot & Bengio 2010), and zeros. */
function dense(random, name, inputs, outputs) {
  return {
    [`${name}.kernel`]: random.around([inputs, outputs], Math.sqrt(6 / (inputs + outputs))),
    [`${name}.bias`]: random.full([outputs], 0),
  };
}

function mlp(random, sizes) {
  return Object.assign({}, ...sizes.slice(1).map((units, i) => dense(random, `dense${i + 1}`, sizes[i], units)));
}

/** Batches of noise around one point for each class: they can be learnt. */
function classes(random, size, shape, count) {
  const centres = Array.from({ length: count }, () => random.normal(shape, 0.05).data);
  return Array.from({ length: batchCount }, () => {
    const y = random.integers([size], count);
    const x = random.normal([size, ...shape], 0.5);
    const each = x.data.length / size;
    x.data.forEach((_, i) => {
      x.data[i] += centres[y.data[Math.floor(i / each)]][i % each];
    });
    return { x, y };
  });
}

/**
 * Points inside and outside a circle, with targets 0 and 1, one in ten of them wrong: without that, after some ten
 * thousand steps the loss is 0 and gradients are subnormal numbers, which processors compute in microcode, and the
 * benchmark would time that.
 */
function circles(random, size) {
  const x = random.normal([size, 2]);
  const y = random.full([size, 1], 0);
  for (let i = 0; i < size; i++) {
    const isInside = x.data[2 * i] ** 2 + x.data[2 * i + 1] ** 2 < 1.4;
    y.data[i] = isInside !== random.uniform() < 0.1 ? 1 : 0;
  }
  return { x, y };
}

function oneNeuron() {
  const sample = (value) => ({ shape: [1, 1], data: Float32Array.of(value) });
  return {
    weights: { "dense1.kernel": sample(0.5), "dense1.bias": { shape: [1], data: Float32Array.of(0) } },
    batches: [0, 1].map((value) => ({ x: sample(value), y: sample(value) })),
  };
}

function digits(hidden, batch) {
  const random = seeded(3);
  return { weights: mlp(random, [784, ...hidden, 10]), batches: classes(random, batch, [784], 10) };
}

function matmul(size) {
  return {
    id: `W5-${size}`,
    title: `matmul ${size} x ${size}, float32`,
    unit: "GFLOP/s",
    perStep: (2 * size ** 3) / 1e9,
    proof: { every: 1, times: 1 },
    start: () => {
      const random = seeded(5);
      return { weights: {}, batches: [{ x: random.normal([size, size]), y: random.normal([size, size]) }] };
    },
  };
}

function lenet() {
  const random = seeded(6);
  return {
    weights: {
      "conv1.kernel": random.around([8, 1, 5, 5], 0.2),
      "conv1.bias": random.full([8], 0),
      "conv2.kernel": random.around([16, 8, 5, 5], 0.1),
      "conv2.bias": random.full([16], 0),
      ...dense(random, "dense1", 256, 10),
    },
    batches: classes(random, 32, [1, 28, 28], 10),
  };
}

export const gptSizes = { layers: 2, width: 64, heads: 4, context: 32, vocabulary: 65, batch: 16 };

function gpt() {
  const { layers, width, context, vocabulary, batch } = gptSizes;
  const random = seeded(8);
  const norm = (name) => ({ [`${name}.scale`]: random.full([width], 1), [`${name}.shift`]: random.full([width], 0) });
  const block = (name) => ({
    ...dense(random, `${name}.qkv`, width, 3 * width),
    ...dense(random, `${name}.out`, width, width),
    ...norm(`${name}.norm1`),
    ...dense(random, `${name}.inner`, width, 4 * width),
    ...dense(random, `${name}.outer`, 4 * width, width),
    ...norm(`${name}.norm2`),
  });
  // Each character follows from the one before, but for one in ten.
  const text = () => {
    const x = random.integers([batch, context], vocabulary);
    const y = random.integers([batch, context], vocabulary);
    for (let i = 0; i < x.data.length; i++) {
      if (i % context > 0) x.data[i] = y.data[i - 1];
      if (random.uniform() < 0.9) y.data[i] = (5 * x.data[i] + 7) % vocabulary;
    }
    return { x, y };
  };
  return {
    weights: {
      tokens: random.normal([vocabulary, width], 0.1),
      positions: random.normal([context, width], 0.1),
      ...Object.assign({}, ...Array.from({ length: layers }, (_, i) => block(`block${i + 1}`))),
      ...norm("norm"),
      ...dense(random, "head", width, vocabulary),
    },
    batches: Array.from({ length: batchCount }, text),
  };
}

function lstm() {
  const random = seeded(11);
  const batches = Array.from({ length: batchCount }, () => {
    const x = random.normal([32, 50, 8]);
    const y = random.full([32, 1], 0);
    // Whether the first feature's mean over the last ten steps is positive.
    for (let i = 0; i < 32; i++) {
      let sum = 0;
      for (let t = 40; t < 50; t++) sum += x.data[(i * 50 + t) * 8];
      y.data[i] = sum > 0 ? 1 : 0;
    }
    return { x, y };
  });
  return {
    weights: {
      "lstm.kernel": random.around([8, 256], 0.15),
      "lstm.recurrent": random.around([64, 256], 0.12),
      "lstm.bias": random.full([256], 0),
      ...dense(random, "head", 64, 1),
    },
    batches,
  };
}

/**
 * The digits of examples/05-digits.ts, in batches of 32 in the file's order, with that example's network but for dropout,
 * which would draw other numbers in each library.
 */
function realDigits() {
  const text = readFileSync(new URL("../../examples/data/digits.csv", import.meta.url), "utf8");
  const rows = text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));
  const random = seeded(12);
  const batches = Array.from({ length: 44 }, (_, i) => {
    const of = rows.slice(32 * i, 32 * (i + 1));
    const pixels = of.flatMap((row) => row.slice(0, 64).map((pixel) => pixel / 16));
    return {
      x: { shape: [32, 64], data: Float32Array.from(pixels) },
      y: { shape: [32], data: Int32Array.from(of, (row) => row[64]) },
    };
  });
  return { weights: mlp(random, [64, 128, 64, 10]), batches };
}

/** Figures of the same batch each time, so that they can be compared. */
const learning = { every: batchCount, times: 4, learns: true };

/**
 * All workloads, in the order of the table. `perStep` turns steps per second into the unit; `trained` are the steps from which
 * the time from a process's start to a trained model is taken.
 */
export const workloads = [
  {
    id: "W1",
    title: "Dense(1, sigmoid), 2 samples, batch 1, BCE, Adam, through `fit`",
    proof: { every: 20, times: 5 },
    start: oneNeuron,
  },
  {
    id: "W1-loop",
    title: "the same, in a loop over a step",
    proof: { every: 20, times: 5 },
    trained: { steps: 400 },
    start: oneNeuron,
  },
  {
    id: "W2",
    title: "2-16-16-1 tanh MLP, batch 100, BCE with logits, Adam",
    proof: { ...learning, every: 25 * batchCount },
    trained: { steps: 1000, next: true },
    start: () => {
      const random = seeded(2);
      return {
        weights: mlp(random, [2, 16, 16, 1]),
        batches: Array.from({ length: batchCount }, () => circles(random, 100)),
      };
    },
  },
  {
    id: "W3",
    title: "784-128-10 relu MLP, batch 64, softmax CE, Adam",
    proof: learning,
    start: () => digits([128], 64),
  },
  {
    id: "W4",
    title: "784-512-512-10 relu MLP, batch 128, softmax CE, Adam",
    proof: learning,
    start: () => digits([512, 512], 128),
  },
  ...[64, 256, 512, 1024].map(matmul),
  {
    id: "W6",
    title: "LeNet: conv 8@5x5, pool, conv 16@5x5, pool, dense; 1x28x28, batch 32, Adam",
    proof: learning,
    start: lenet,
  },
  {
    id: "W7",
    title: "scalar engine: MLP(2, [16, 16, 1]) on 100 points, BCE with logits, SGD, float64",
    proof: learning,
    start: () => {
      const random = seeded(7);
      return { weights: mlp(random, [2, 16, 16, 1]), batches: [circles(random, 100)] };
    },
  },
  {
    id: "W8",
    title: "GPT: 2 layers, d 64, 4 heads, context 32, vocabulary 65, batch 16, Adam",
    proof: learning,
    start: gpt,
  },
  {
    id: "W9",
    title: "softmax CE forward and backward on 4096 x 1000 logits",
    proof: { every: 1, times: 1 },
    start: () => {
      const random = seeded(9);
      return {
        weights: { logits: random.normal([4096, 1000]) },
        batches: [{ y: random.integers([4096], 1000) }],
      };
    },
  },
  {
    id: "W9b",
    title: "Adam's update of 1,000,000 parameters",
    proof: { every: 2, times: 2 },
    start: () => {
      const random = seeded(10);
      return { weights: { weight: random.normal([1_000_000]) }, batches: [{ gradient: random.normal([1_000_000]) }] };
    },
  },
  {
    id: "W10",
    title: "eager: W3 without a compiler",
    proof: learning,
    start: () => digits([128], 64),
  },
  {
    id: "W11",
    title: "LSTM, hidden 64, 50 steps, 8 inputs, batch 32, BCE with logits, Adam",
    proof: learning,
    start: lstm,
  },
  {
    id: "digits",
    title: "64-128-64-10 relu MLP on 1,408 real digits, batch 32, softmax CE, Adam",
    proof: { ...learning, every: 44 },
    start: realDigits,
    trained: { steps: 440, next: true },
    isTrainedOnly: true,
  },
].map((workload) => ({ unit: "steps/s", perStep: 1, tolerance: 2e-3, ...workload }));

export function workloadById(id) {
  const found = workloads.find((workload) => workload.id === id);
  if (!found) throw new Error(`no workload ${id}; there are ${workloads.map((each) => each.id).join(", ")}`);
  return found;
}
