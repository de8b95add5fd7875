/**
 * Draws the pictures of the course: `tsx docs/course/pictures.ts` writes them to docs/course/pictures/.
 */
import { writeFileSync } from "node:fs";
import {
  Adam,
  binaryCrossEntropyWithLogits,
  boundarySvg,
  Dense,
  defineLoss,
  findLearningRate,
  type LineChartData,
  type LineChartOptions,
  lineChartSvg,
  makeMoons,
  manualSeed,
  maximum,
  parameter,
  plotLoss,
  randn,
  Sequential,
  SGD,
  type Tensor,
  tensor,
  zeros,
} from "chainrule";

type Point = [x: number, y: number];

/** A function's curve as points. */
function curve(f: (x: number) => number, from: number, to: number, points = 80): Point[] {
  return Array.from({ length: points + 1 }, (_, i) => {
    const x = from + ((to - from) * i) / points;
    return [x, f(x)];
  });
}

const size = { width: 560, height: 320 };

function draw(name: string, lines: LineChartData, options: LineChartOptions): void {
  writeFileSync(new URL(`pictures/${name}.svg`, import.meta.url), lineChartSvg(lines, { ...size, ...options }));
}

// ---- 1. Slope by nudging
{
  const f = (x: number) => x * x + x;
  const line = (step: number): Point[] => {
    const slope = (f(3 + step) - f(3)) / step;
    return curve((x) => f(3) + slope * (x - 3), 2, 8, 1);
  };
  draw(
    "nudges",
    {
      "x² + x": curve(f, 1, 8),
      "step 4: slope 11": line(4),
      "step 2: slope 9": line(2),
      "step 0.001: slope 7": line(0.001),
    },
    { xLabel: "x", yLabel: "f(x)" },
  );
}

// ---- 5. One neuron learns
{
  const loss = (w: number) => 1.5 * (w - 2) ** 2; // the mean over x = -1, 0, 1, 2, with b = -1
  const descent = (rate: number, steps: number): Point[] => {
    const path: Point[] = [];
    for (let w = 0, step = 0; step <= steps; step++, w -= rate * 3 * (w - 2)) path.push([w, loss(w)]);
    return path;
  };
  draw(
    "descent",
    { loss: curve(loss, -0.2, 4.2), "rate 0.1": descent(0.1, 8), "rate 0.5": descent(0.5, 12) },
    { xLabel: "w", yLabel: "mean squared error" },
  );
}

// ---- 6. Saturation
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const slopeOfSquaredError = (z: number) => 2 * sigmoid(z) * sigmoid(z) * (1 - sigmoid(z));
draw(
  "saturation",
  { answer: curve(sigmoid, -8, 8), "slope of the squared error": curve(slopeOfSquaredError, -8, 8) },
  { xLabel: "z, where the answer should be 0" },
);

// ---- 7. Surprise, entropy, cross-entropy, KL
{
  const p = 0.6;
  const crossEntropy = (q: number) => -p * Math.log(q) - (1 - p) * Math.log(1 - q);
  draw(
    "cross-entropy",
    {
      "cross-entropy H(p, q)": curve(crossEntropy, 0.02, 0.98, 96),
      "entropy H(p)": curve(() => crossEntropy(p), 0, 1, 1),
      "KL(p‖q)": curve((q) => crossEntropy(q) - crossEntropy(p), 0.02, 0.98, 96),
    },
    { xLabel: "q, the forecast for rain, where the truth is 0.6", yLabel: "nats" },
  );
}

// ---- 9. Sigmoid with cross-entropy
draw(
  "p-minus-y",
  { "squared error": curve(slopeOfSquaredError, -8, 8), "cross-entropy: p - y": curve(sigmoid, -8, 8) },
  { xLabel: "z, where the label is 0", yLabel: "slope by z" },
);

// ---- 11. Tensors are many scalars; XOR
{
  const x = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = tensor([[0], [1], [1], [0]]);
  manualSeed(2);
  randn([2, 1]); // the lesson's single neuron
  const [w1, b1] = [parameter(randn([2, 4])), parameter(zeros([4]))];
  const [w2, b2] = [parameter(randn([4, 1])), parameter(zeros([1]))];
  const optimizer = new SGD([w1, b1, w2, b2], { lr: 0.5 });
  const logits = (points: Tensor) => points.matmul(w1).add(b1).tanh().matmul(w2).add(b2);
  for (let step = 0; step <= 500; step++) {
    optimizer.zeroGrad();
    binaryCrossEntropyWithLogits(logits(x), y).backward();
    optimizer.step();
  }
  const svg = boundarySvg((points) => logits(points).sigmoid(), {
    x,
    y: [0, 1, 1, 0],
    xRange: [-0.5, 1.5],
    yRange: [-0.5, 1.5],
    resolution: 40,
    width: 360,
    xLabel: "x₁",
    yLabel: "x₂",
  });
  writeFileSync(new URL("pictures/xor.svg", import.meta.url), svg);
}

// ---- 14. Overfitting
{
  const [seen, fresh] = [60, 1000].map((nSamples, i) => makeMoons({ nSamples, noise: 0.35, seed: i + 1 }));
  manualSeed(1);
  const model = new Sequential([
    new Dense({ units: 64, inputDim: 2, activation: "relu" }),
    new Dense({ units: 64, activation: "relu" }),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "cross_entropy" });
  const validationData = [fresh.x, fresh.y] as const;
  const { history } = await model.fit(seen.x, seen.y, {
    epochs: 150,
    jit: { deterministic: true },
    batchSize: 60,
    validationData,
    verbose: 0,
  });
  const everySecond = (name: string): Point[] =>
    history[name].map((y, i): Point => [i + 1, y]).filter((_, i) => i % 2 === 0);
  draw(
    "overfitting",
    { "points that were seen": everySecond("loss"), "fresh points": everySecond("val_loss") },
    { xLabel: "epoch", yLabel: "loss" },
  );
}

// ---- 15. A loss of your own
{
  const bakery = defineLoss("bakery", (baked, sold, { missing = 3, surplus = 1 } = {}) => {
    const short = sold.sub(baked);
    return maximum(short.mul(missing), short.mul(-surplus));
  });
  const svg = plotLoss(bakery, {}, { title: "The bakery's loss", width: 560 });
  writeFileSync(new URL("pictures/bakery.svg", import.meta.url), svg);
}

// ---- 12. Dead units, first weights, rates
{
  const { x, y } = makeMoons({ nSamples: 200, noise: 0.1, seed: 1 });
  manualSeed(1);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 2, activation: "relu", kernelInitializer: "he_normal" }),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "sgd", loss: "cross_entropy" });
  const { curve: found } = await findLearningRate(model, x, y, { startLr: 1e-4, endLr: 1000 });
  draw(
    "rates",
    { "loss of a batch": [...found.loss] as Point[], smoothed: [...found.smoothed] as Point[] },
    { xScale: "log", xLabel: "rate, growing from step to step", yLabel: "loss", yRange: [0, 2] },
  );
}
