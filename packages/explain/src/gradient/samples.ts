/**
 * To which sample of the batch each number of a computation belongs: numbers are followed from the rows of the inputs.
 */
import {
  broadcastTo,
  max,
  maximum,
  min,
  minimum,
  ones,
  Parameter,
  reshape,
  type Tensor,
  where,
  zeros,
} from "@chainrule/core";
import { compute, loweringOf, type Recorded, type TapeEntry, withGradEnabled } from "@chainrule/core/internal";

/**
 * Numbers in a tensor's shape: k + 1 where an element belongs to sample k, 0 where it belongs to none, as weights do, and -1
 * where several samples went in, as into the mean over a batch.
 */
export type Samples = Tensor;

const mixed = -1;

/** The samples of every tensor of a computation; a batch has as many as the inputs have rows. */
export function samplesOf(computation: readonly Recorded[]): Samples[] {
  const batch = batchOf(computation);
  const found: Samples[] = [];
  withGradEnabled(false, () => {
    for (const { tensor, inputs } of computation) {
      const step = tensor.tapeEntry;
      found.push(step ? afterStep(step, tensor, inputs.map((input) => found[input])) : ofLeaf(tensor, batch)); // biome-ignore format: short
    }
  });
  return found;
}

/** The inputs that make up the batch: those whose first axis is as long as that of most. */
function batchOf(computation: readonly Recorded[]): ReadonlySet<Tensor> {
  const leaves = computation.map(({ tensor }) => tensor).filter((x) => x.rank > 0 && x.tapeEntry === null);
  const plain = leaves.filter((x) => !x.requiresGrad && !(x.leaf instanceof Parameter));
  // An input may have a gradient, as a weight has that was made with tensor(…): it is one where there is no other.
  const inputs = plain.length > 0 ? plain : leaves.filter((x) => x.rank > 1 && !(x.leaf instanceof Parameter));
  const counts = new Map<number, number>();
  for (const { shape } of inputs) counts.set(shape[0], (counts.get(shape[0]) ?? 0) + 1);
  const [rows] = [...counts].sort(([n, a], [m, b]) => b - a || m - n)[0] ?? [0];
  return new Set(inputs.filter(({ shape }) => shape[0] === rows));
}

function ofLeaf(x: Tensor, batch: ReadonlySet<Tensor>): Samples {
  return batch.has(x) ? byRow(x, (row) => row + 1) : zeros(x.shape, { dtype: "float64" });
}

/** The same number for all of a row. */
function byRow(x: Tensor, f: (row: number) => number): Samples {
  const numbers = Float64Array.from({ length: x.shape[0] }, (_, row) => f(row));
  return broadcastTo(reshape(numbers, [x.shape[0], ...x.shape.slice(1).map(() => 1)]), x.shape).cast("float64");
}

/** Ops whose result has the numbers of their first input, or zeros, in other places. */
const moving = new Set([
  "reshape",
  "permute",
  "slice",
  "sliceScatter",
  "broadcastTo",
  "concat",
  "takeAlongAxis",
  "unfold",
]);
/** Ops whose attributes say along which axes they go: they give one number for each line, or something for each place on it. */
const alongLines = new Set(["sum", "max", "min", "prod", "logSumExp", "softmax", "logSoftmax", "cumsum"]);

function afterStep(step: TapeEntry, output: Tensor, inputs: readonly Samples[]): Samples {
  const { op, attributes } = step;
  if (inputs.every((samples) => isAll(samples, 0))) return zeros(output.shape, { dtype: "float64" });
  if (moving.has(op.name)) return moved(step, output, inputs);
  if (loweringOf(op, attributes)?.kind === "elementwise")
    return inputs.map((samples) => broadcastTo(samples, output.shape)).reduce(together);
  if (alongLines.has(op.name)) return broadcastTo(ofLines(inputs[0], axesOf(attributes)), output.shape);
  if (op.name === "matmul") return ofProduct(inputs, attributes as { a: boolean; b: boolean }, output);
  if (op.name === "gather" && isAll(inputs[0], 0) && attributes === 0)
    return broadcastTo(reshape(inputs[1], [...inputs[1].shape, ...output.shape.slice(inputs[1].rank).map(() => 1)]), output.shape); // biome-ignore format: short
  return byRows(output, inputs);
}

function isAll(samples: Samples, value: number): boolean {
  return samples.toTypedArray().every((x) => x === value);
}

/** What the op does to numbers, it does to their samples; indices stay what they are. */
function moved({ op, attributes, inputs }: TapeEntry, output: Tensor, samples: readonly Samples[]): Samples {
  const moves = inputs!.map((x, i) => (i > 0 && op.name === "takeAlongAxis" ? x : samples[i]));
  return compute(op, moves, attributes, { shape: output.shape, dtype: "float64" });
}

/** The sample of a number that is made of two: of one sample if only one went in, whatever went in besides. */
function together(a: Samples, b: Samples): Samples {
  const [x, y] = [maximum(a, 0), maximum(b, 0)];
  const differ = x.greater(0).logicalAnd(y.greater(0)).logicalAnd(x.notEqual(y));
  const one = maximum(x, y);
  return where(differ, mixed, where(one.greater(0), one, minimum(a, b)));
}

function ofLines(samples: Samples, axes: readonly number[]): Samples {
  if (axes.some((axis) => samples.shape[axis] === 0) || samples.size === 0)
    return zeros(samples.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)), { dtype: "float64" }); // biome-ignore format: short
  const keep = { keepDims: true };
  const most = max(samples, axes, keep);
  const least = min(where(samples.greater(0), samples, Number.POSITIVE_INFINITY), axes, keep);
  return where(most.greater(0), where(most.equal(least), most, mixed), min(samples, axes, keep));
}

function axesOf(attributes: unknown): number[] {
  if (typeof attributes === "number") return [attributes];
  const { first, last, axis } = attributes as { first: number; last: number; axis?: number };
  return axis === undefined ? Array.from({ length: last - first + 1 }, (_, i) => first + i) : [axis];
}

/** An element of a product is made of a row on the left and a column on the right. */
function ofProduct([a, b]: readonly Samples[], swap: { a: boolean; b: boolean }, output: Tensor): Samples {
  const turned = (x: Samples, isTurned: boolean) => (isTurned ? x.transpose() : x);
  const [left, right] = [turned(a, swap.a), turned(b, swap.b)];
  return together(
    broadcastTo(ofLines(left, [left.rank - 1]), output.shape),
    broadcastTo(ofLines(right, [right.rank - 2]), output.shape),
  );
}

/** For ops that are known no better: by rows, if the result has as many as an input, and each of its rows is of one sample. */
function byRows(output: Tensor, inputs: readonly Samples[]): Samples {
  const known = inputs.find((samples) => samples.rank > 0 && output.rank > 0 && samples.shape[0] === output.shape[0] && !isAll(samples, 0)); // biome-ignore format: short
  if (!known || known.size === 0) return ones(output.shape, { dtype: "float64" }).mul(mixed);
  const rows = ofLines(reshape(known, [known.shape[0], -1]), [1]).toTypedArray();
  return byRow(output, (row) => rows[row]);
}
