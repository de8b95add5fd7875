/**
 * What the lines of ops say that do not go element by element, done in plain loops or in other tensor operations.
 */
import { sumTo, type Tensor, tensor } from "@chainrule/core";

/** What the formulas say, and the numbers that this makes. */
interface Told {
  /** What it computes, then what it sends to each input. */
  readonly lines: readonly (string | null)[];
  readonly value?: Tensor;
  readonly sent: readonly Tensor[];
}

type Tell = (inputs: readonly Tensor[], y: Tensor, g: Tensor, attributes: unknown) => Told;

interface Axes {
  readonly first: number;
  readonly last: number;
}

const listOf = ({ first, last }: Axes) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Sums along the axes, kept. */
const sumOver = (x: Tensor, axes: readonly number[]) => x.sum(axes, { keepDims: true });

/** For every element, something of it and of all others on its line. */
function onLines(x: Tensor, axis: number, f: (line: readonly number[], at: number) => number): Tensor {
  const strides = x.shape.map((_, a) => x.shape.slice(a + 1).reduce((total, n) => total * n, 1));
  const from = x.toTypedArray();
  const [n, step] = [x.shape[axis], strides[axis]];
  const numbers = Float64Array.from(from, (_, i) => {
    const at = Math.floor(i / step) % n;
    const start = i - at * step;
    return f(Array.from({ length: n }, (_, p) => from[start + p * step]), at); // biome-ignore format: short
  });
  return tensor(numbers, { shape: x.shape, dtype: "float64" });
}

/** The product of all elements on the same places outside the axes, without the element itself. */
function productOfOthers(x: Tensor, { first, last }: Axes): Tensor {
  const sizes = [x.shape.slice(0, first), x.shape.slice(first, last + 1), x.shape.slice(last + 1)].map((part) =>
    part.reduce((total, n) => total * n, 1),
  );
  const lines = x.reshape(sizes);
  return onLines(lines, 1, (line, at) => line.reduce((product, each, p) => (p === at ? product : product * each), 1)).reshape(x.shape); // biome-ignore format: short
}

const turned = (x: Tensor, isTurned: boolean) => (isTurned ? x.transpose() : x);

export const told: Readonly<Record<string, Tell>> = {
  matmul: ([a, b], _y, g, attributes) => {
    const { a: ta, b: tb } = attributes as { a: boolean; b: boolean };
    const at = ta ? "aᵀ" : "a";
    const bt = tb ? "bᵀ" : "b";
    const [left, right] = [turned(a, ta), turned(b, tb)];
    const toLeft = sumTo(g.matmul(right.transpose()), left.shape);
    const toRight = sumTo(left.transpose().matmul(g), right.shape);
    return {
      lines: [
        `${at} @ ${bt}`,
        ta ? `${bt} @ gᵀ` : `g @ ${tb ? "b" : "bᵀ"}`,
        tb ? `gᵀ @ ${at}` : `${ta ? "a" : "aᵀ"} @ g`,
      ],
      value: left.matmul(right),
      sent: [turned(toLeft, ta), turned(toRight, tb)],
    };
  },
  softmax: ([a], y, g, axis) => ({
    lines: ["exp(a[i]) / Σ exp(a[j])", "y[j] · (g[j] - Σ g[i] · y[i])"],
    value: a.exp().div(sumOver(a.exp(), [axis as number])),
    sent: [y.mul(g.sub(sumOver(g.mul(y), [axis as number])))],
  }),
  logSoftmax: ([a], y, g, axis) => ({
    lines: ["a[i] - log(Σ exp(a[j]))", "g[j] - exp(y[j]) · Σ g[i]"],
    value: a.sub(sumOver(a.exp(), [axis as number]).log()),
    sent: [g.sub(y.exp().mul(sumOver(g, [axis as number])))],
  }),
  sum: ([a], _y, g, axes) => ({
    lines: ["Σ a[i]", "g, to each a[i] that was added"],
    value: sumOver(a, listOf(axes as Axes)),
    sent: [a.mul(0).add(g)],
  }),
  prod: ([a], y, g, axes) => ({
    lines: ["Π a[i]", "g · Π a[j] over j ≠ i"],
    value: y,
    sent: [productOfOthers(a, axes as Axes).mul(g)],
  }),
  max: ([a], y, g) => ({
    lines: ["max a[i]", "g, to the largest a[i]"],
    sent: [a.equal(y).cast("float64").mul(g)],
  }),
  min: ([a], y, g) => ({
    lines: ["min a[i]", "g, to the smallest a[i]"],
    sent: [a.equal(y).cast("float64").mul(g)],
  }),
  logSumExp: ([a], y, g, axes) => ({
    lines: ["log(Σ exp(a[i]))", "g · exp(a[i] - y)"],
    value: sumOver(a.exp(), listOf(axes as Axes)).log(),
    sent: [g.mul(a.sub(y).exp())],
  }),
  cumsum: ([a], _y, g, attributes) => {
    const { axis, reverse } = attributes as { axis: number; reverse: boolean };
    const upTo = (x: Tensor, isFromEnd: boolean) =>
      onLines(x, axis, (line, at) =>
        line.reduce((total, each, p) => ((isFromEnd ? p >= at : p <= at) ? total + each : total), 0),
      );
    return {
      lines: reverse ? ["Σ a[j] over j ≥ i", "Σ g[i] over i ≤ j"] : ["Σ a[j] over j ≤ i", "Σ g[i] over i ≥ j"],
      value: upTo(a, reverse),
      sent: [upTo(g, !reverse)],
    };
  },
};
