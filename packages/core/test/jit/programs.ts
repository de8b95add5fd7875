/**
 * Random programs: lists of small steps, each of which takes earlier values and makes another of a shape that broadcasts
 * with all of them.
 */
import fc from "fast-check";
import * as core from "../../src/index.ts";
import { type Tensor, tensor } from "../../src/index.ts";

type StepFunction = (x: Tensor, y: Tensor, z: Tensor) => Tensor;

/** So many indices into an axis of a length, some twice, some counted from the end. */
function places(length: number, count: number): Tensor {
  return tensor(
    Array.from({ length: count }, (_, i) => ((i * 7 + 3) % (2 * length)) - length),
    { dtype: "int32" },
  );
}

/** Steps are smooth, or make their choices by the inputs: a difference in the last digit must not grow. */
const smooth: Readonly<Record<string, StepFunction>> = {
  add: (x, y) => x.add(y),
  sub: (x, y) => x.sub(y),
  mul: (x, y) => x.mul(y).mul(0.3),
  div: (x, y) => x.div(y.square().add(1)),
  tanh: (x) => x.tanh(),
  exp: (x) => x.neg().square().neg().exp(),
  sigmoid: (x) => x.sigmoid(),
  softplus: (x) => x.softplus(),
  log: (x) => x.square().add(0.5).log(),
  sqrt: (x) => x.abs().add(1).sqrt(),
  gelu: (x) => x.gelu(),
  sin: (x) => x.sin(),
  pow: (x) => x.pow(3).mul(0.01),
  sumRows: (x) => x.mean(-1, { keepDims: true }),
  sumColumns: (x) => x.mean(0, { keepDims: true }),
  sumAll: (x) => x.mean(),
  normalize: (x) => x.sub(x.mean(-1, { keepDims: true })).div(x.var(-1, { keepDims: true }).add(1).sqrt()),
  softmax: (x) => x.softmax(-1),
  logSoftmax: (x) => x.logSoftmax(0).mul(0.2),
  logSumExp: (x) => x.logSumExp(-1, { keepDims: true }),
  transposed: (x, y) => core.transpose(core.transpose(x).mul(2).add(core.transpose(y))).mul(0.4),
  flipped: (x, y) => core.flip(x, 1).sub(y),
  rolled: (x) => core.concat([x.slice(":", "1:"), x.slice(":", ":1")], 1).mul(x),
  scaled: (x, y, z) => x.matmul(core.transpose(y)).matmul(z).mul(0.05).tanh(),
  looked: (x, y) => x.gather(places(x.shape[0], 5), 0).gather(places(5, x.shape[0]), 0).mul(y).mul(0.3),
  columns: (x) => x.gather(places(x.shape[1], x.shape[1]), 1),
  reshaped: (x) => x.reshape([-1]).mul(2).reshape(x.shape).mul(0.5),
};

const choices: Readonly<Record<string, StepFunction>> = {
  relu: (x) => x.relu(),
  where: (x, y, z) => core.where(x.greater(y), z, y.mul(0.5)),
  maximum: (x, y) => x.maximum(y),
  clamp: (x) => x.clamp(-1.5, 1.25),
  masked: (x, y) => x.mul(y.less(0.25).cast("float32")),
  max: (x) => x.max(1, { keepDims: true }),
  sorted: (x) => x.sort(1),
  scattered: (x, y) => core.scatterAdd(x, y.argsort(0), y.mul(0.5), 0),
  logic: (x, y) => core.where(x.less(1).logicalAnd(y.greater(-1).logicalNot()), x, 0.5),
};

const allSteps = { ...smooth, ...choices };

export interface Program {
  readonly rows: number;
  readonly columns: number;
  /** Which of the shapes [r, c], [1, c], [r, 1], [1, 1] each input has. */
  readonly inputs: readonly number[];
  readonly steps: readonly { readonly name: string; readonly from: readonly number[] }[];
}

const lengths = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 16, 19);

export const programs: fc.Arbitrary<Program> = fc.record({
  rows: lengths,
  columns: lengths,
  inputs: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }),
  steps: fc.array(
    fc.record({
      name: fc.constantFrom(...Object.keys(allSteps)),
      from: fc.array(fc.nat({ max: 1000 }), { minLength: 3, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 14 },
  ),
});

/** Numbers between -2 and 2 that look random. */
export function inputsOf({ rows, columns, inputs }: Program): Tensor[] {
  return inputs.map((kind, which) => {
    const shape = [kind & 2 ? 1 : rows, kind & 1 ? 1 : columns];
    const data = Float32Array.from(
      { length: shape[0] * shape[1] },
      (_, i) => 2 * Math.sin(i * 2.4 + which * 1.3 + 0.7),
    );
    return tensor(data, { shape });
  });
}

/** Runs the steps; returns every value that was made. */
export function runProgram({ rows, columns, steps }: Program, inputs: readonly Tensor[]): Tensor[] {
  const values = [...inputs];
  for (const { name, from } of steps) {
    // Choices look at the inputs, so that they fall the same way whatever was rounded before.
    const pool = name in choices ? inputs : values;
    const [x, y, z] = from.map((n) => core.broadcastTo(pool[n % pool.length], [rows, columns]));
    values.push(core.broadcastTo(allSteps[name](x, y, z), [rows, columns]));
  }
  return values.slice(inputs.length);
}
