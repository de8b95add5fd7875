/**
 * The small operations that `ops.mjs` times, in chainrule; in PyTorch they are in contenders/ops.py, the same in the same order.
 */
import { median } from "./numbers.mjs";
import { seeded } from "./random.mjs";

const two = (size) => [
  [size, size],
  [size, size],
];
const images = (channels, size) => [8, channels, size, size];

/** What is measured: a name, shapes of the operands that have gradients, and the operation. */
function operations(lib, random) {
  const { tensor, where, concat, stack, crossEntropy, binaryCrossEntropyWithLogits: bce, mse } = lib;
  const { conv2d, maxPool2d, avgPool2d } = lib;
  const isPositive = toTensor(tensor, random.normal([16, 16])).greater(0);
  const labels = [32, 256].map((size, i) => toTensor(tensor, random.integers([size], i === 0 ? 10 : 1000)));
  const rows = toTensor(tensor, random.integers([16], 64));
  const isTrue = toTensor(tensor, random.normal([32, 1]))
    .greater(0)
    .cast("float32");
  const targets = toTensor(tensor, random.normal([32, 10]));
  return [
    ["add 2x2", two(2), (a, b) => a.add(b)],
    ["add 16x16", two(16), (a, b) => a.add(b)],
    ["add 16x16 + 16", [[16, 16], [16]], (a, b) => a.add(b)],
    ["mul 16x16", two(16), (a, b) => a.mul(b)],
    ["mul 16x16 by 2", [[16, 16]], (a) => a.mul(2)],
    ["matmul 2x2", two(2), (a, b) => a.matmul(b)],
    ["matmul 16x16", two(16), (a, b) => a.matmul(b)],
    ["relu 16x16", [[16, 16]], (a) => a.relu()],
    ["exp 16x16", [[16, 16]], (a) => a.exp()],
    ["tanh 16x16", [[16, 16]], (a) => a.tanh()],
    ["sum of 16x16", [[16, 16]], (a) => a.sum()],
    ["sum over axis 0", [[16, 16]], (a) => a.sum(0)],
    ["sum over axis 1", [[16, 16]], (a) => a.sum(1)],
    ["reshape to 4x64", [[16, 16]], (a) => a.reshape(4, 64)],
    ["transpose 16x16", [[16, 16]], (a) => a.transpose()],
    ["row 3 of 16x16", [[16, 16]], (a) => a.slice(3)],
    ["where 16x16", two(16), (a, b) => where(isPositive, a, b)],
    ["sigmoid 16x16", [[16, 16]], (a) => a.sigmoid()],
    ["log of |a| 16x16", [[16, 16]], (a) => a.abs().log()],
    ["exp 64x256", [[64, 256]], (a) => a.exp()],
    ["tanh 64x256", [[64, 256]], (a) => a.tanh()],
    ["sigmoid 64x256", [[64, 256]], (a) => a.sigmoid()],
    ["relu 64x256", [[64, 256]], (a) => a.relu()],
    ["mean of 16x16", [[16, 16]], (a) => a.mean()],
    ["mean of 64x256", [[64, 256]], (a) => a.mean()],
    ["sum 64x256 over axis 0", [[64, 256]], (a) => a.sum(0)],
    ["sum 64x256 over axis 1", [[64, 256]], (a) => a.sum(1)],
    ["softmax 16x16", [[16, 16]], (a) => a.softmax(-1)],
    ["softmax 256x1000", [[256, 1000]], (a) => a.softmax(-1)],
    ["logSoftmax 32x10", [[32, 10]], (a) => a.logSoftmax(-1)],
    ["concat two 16x16", two(16), (a, b) => concat([a, b])],
    ["stack two 16x16", two(16), (a, b) => stack([a, b])],
    ["16 rows of 64x16", [[64, 16]], (a) => a.gather(rows)],
    ["mse 32x10", [[32, 10]], (a) => mse(a, targets)],
    ["binary cross-entropy 32x1", [[32, 1]], (a) => bce(a, isTrue)],
    ["cross-entropy 32x10", [[32, 10]], (a) => crossEntropy(a, labels[0])],
    ["cross-entropy 256x1000", [[256, 1000]], (a) => crossEntropy(a, labels[1])],
    ["conv 8@5x5 of 8x1x28x28", [images(1, 28), [8, 1, 5, 5]], (x, w) => conv2d(x, w)],
    ["conv 16@3x3 of 8x16x28x28", [images(16, 28), [16, 16, 3, 3]], (x, w) => conv2d(x, w, { padding: 1 })],
    ["conv 64@1x1 of 8x64x14x14", [images(64, 14), [64, 64, 1, 1]], (x, w) => conv2d(x, w)],
    ["max pool 2x2 of 8x16x24x24", [images(16, 24)], (x) => maxPool2d(x, 2)],
    ["max pool 3x3 by 2 of 8x16x28x28", [images(16, 28)], (x) => maxPool2d(x, 3, { stride: 2, padding: 1 })],
    ["max pool 3x3 by 1 of 8x16x14x14", [images(16, 14)], (x) => maxPool2d(x, 3, { stride: 1, padding: 1 })],
    ["mean pool 2x2 of 8x16x24x24", [images(16, 24)], (x) => avgPool2d(x, 2)],
    ["mean pool 3x3 by 2 of 8x16x28x28", [images(16, 28)], (x) => avgPool2d(x, 3, { stride: 2, padding: 1 })],
    ["global mean of 8x64x7x7", [images(64, 7)], (x) => x.mean([2, 3])],
  ];
}

const toTensor = (tensor, { shape, data }, options) => tensor(data, { shape, ...options });

/** Nanoseconds that fit into a stretch, for the clock; so many stretches of each, in turn; the first are for compilers. */
const stretch = 4e6;
const [warmUps, times] = [12, 9];

/** Microseconds for each: `{ "add 2x2": { forward, both } }`. */
export function timeOps({ tensor, ...lib }) {
  const random = seeded(12);
  const cases = operations({ tensor, ...lib }, random).flatMap(([name, shapes, op]) => {
    const make = (requiresGrad) => shapes.map((shape) => toTensor(tensor, random.normal(shape), { requiresGrad }));
    const [plain, leaves] = [make(false), make(true)];
    const gradient = toTensor(tensor, random.normal(op(...plain).shape));
    const forward = () => op(...plain);
    const both = () => {
      op(...leaves).backward(gradient);
      for (const leaf of leaves) leaf.zeroGrad();
    };
    return [
      { name, part: "forward", run: forward, count: 16, took: [] },
      { name, part: "both", run: both, count: 16, took: [] },
    ];
  });
  for (let time = 0; time < warmUps + times; time++)
    for (const each of cases) {
      const start = performance.now();
      for (let i = 0; i < each.count; i++) each.run();
      const spent = (performance.now() - start) * 1e6;
      if (time >= warmUps) each.took.push(spent / each.count / 1000);
      else each.count = Math.max(1, Math.round(each.count * Math.min(8, stretch / spent)));
    }
  const found = {};
  for (const { name, part, took } of cases) found[name] = { ...found[name], [part]: median(took) };
  return found;
}
