/**
 * Loops over elements, with broadcasting: what the elementwise ops' kernels are made of.
 */
import type { TypedArray } from "../tensor/dtype.ts";
import type { KernelOperand } from "../tensor/op.ts";
import { broadcastStrides, sizeOf } from "../tensor/shape.ts";
import { sigmoid, softplus } from "./special.ts";

type MapLoop = (to: TypedArray, from: TypedArray) => void;

/** Loops of the functions most called, written out: calling a function that it does not know costs the engine 15 ns. */
const mapLoops = new Map<(x: number) => number, MapLoop>([
  [
    Math.exp,
    (to, from) => {
      for (let i = 0; i < to.length; i++) to[i] = Math.exp(from[i]);
    },
  ],
  [
    Math.log,
    (to, from) => {
      for (let i = 0; i < to.length; i++) to[i] = Math.log(from[i]);
    },
  ],
  [
    Math.tanh,
    (to, from) => {
      for (let i = 0; i < to.length; i++) to[i] = Math.tanh(from[i]);
    },
  ],
  [
    sigmoid,
    (to, from) => {
      for (let i = 0; i < to.length; i++) to[i] = sigmoid(from[i]);
    },
  ],
  [
    softplus,
    (to, from) => {
      for (let i = 0; i < to.length; i++) to[i] = softplus(from[i]);
    },
  ],
]);

/** A kernel that applies `f` to every element. */
export function mapKernel(f: (x: number) => number) {
  const loop: MapLoop =
    mapLoops.get(f) ??
    ((to, from) => {
      for (let i = 0; i < to.length; i++) to[i] = f(from[i]);
    });
  return (out: KernelOperand, [x]: readonly KernelOperand[]): void => loop(out.storage, x.storage);
}

/**
 * One straight run of a binary operation: for k in 0 … n-1, `to[at + k]` comes from `a[ia + k * sa]` and
 * `b[ib + k * sb]`.
 */
export type PairLoop = {
  (
    to: TypedArray,
    at: number,
    a: TypedArray,
    ia: number,
    sa: number,
    b: TypedArray,
    ib: number,
    sb: number,
    n: number,
  ): void;
  /** What it does to one pair, for those that are made of such a function. */
  scalar?: (x: number, y: number) => number;
};

/** The straight run that applies `f` to each pair. */
export function pairLoop(f: (x: number, y: number) => number): PairLoop {
  const loop: PairLoop = (to, at, a, ia, sa, b, ib, sb, n) => {
    for (let k = 0; k < n; k++) to[at + k] = f(a[ia + k * sa], b[ib + k * sb]);
  };
  loop.scalar = f;
  return loop;
}

/** A kernel that covers two broadcast inputs with straight runs of `loop`. */
export function pairKernel(loop: PairLoop) {
  return (out: KernelOperand, [a, b]: readonly KernelOperand[]): void => {
    const size = out.storage.length;
    const aFull = a.storage.length === size;
    const bFull = b.storage.length === size;
    if ((aFull || a.storage.length === 1) && (bFull || b.storage.length === 1)) {
      loop(out.storage, 0, a.storage, 0, aFull ? 1 : 0, b.storage, 0, bFull ? 1 : 0, size);
      return;
    }
    const strides = [a, b].map(({ shape }) => broadcastStrides(shape, out.shape));
    eachRun(out.shape, strides, (at, [ia, ib], run, [as, bs]) => {
      loop(out.storage, at, a.storage, ia, as, b.storage, ib, bs, run);
    });
  };
}

/**
 * Joins neighbouring axes that every input walks through in one stride, so that inner loops are long.
 *
 * Axes of length 1 vanish; at least one axis remains.
 */
export function mergeAxes(shape: readonly number[], strides: readonly (readonly number[])[]) {
  const lengths: number[] = [];
  const merged: number[][] = strides.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = lengths.length - 1;
    const joins = last >= 0 && strides.every((s, i) => merged[i][last] === s[axis] * length);
    const at = joins ? last : last + 1;
    lengths[at] = joins ? lengths[at] * length : length;
    merged.forEach((m, i) => {
      m[at] = strides[i][axis];
    });
  });
  if (lengths.length === 0) {
    lengths.push(1);
    for (const m of merged) m.push(0);
  }
  return { lengths, strides: merged };
}

/**
 * Visits every index of `lengths` in row-major order with the offset that each set of strides gives it.
 *
 * The `offsets` array is the same object at every visit.
 */
export function walk(
  lengths: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (at: number, offsets: readonly number[]) => void,
): void {
  const total = sizeOf(lengths);
  const index = new Array<number>(lengths.length).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  for (let at = 0; at < total; at++) {
    visit(at, offsets);
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      index[axis]++;
      for (let i = 0; i < strides.length; i++) offsets[i] += strides[i][axis];
      if (index[axis] < lengths[axis]) break;
      for (let i = 0; i < strides.length; i++) offsets[i] -= strides[i][axis] * lengths[axis];
      index[axis] = 0;
    }
  }
}

/** Neighbours from so many on are copied faster at once than one by one. */
const longRun = 32;

/** Visits a shape's straight runs: where each begins in row-major order and by each set of strides, its length, its steps. */
function eachRun(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (at: number, offsets: readonly number[], run: number, steps: readonly number[]) => void,
): void {
  const { lengths, strides: merged } = mergeAxes(shape, strides);
  const run = lengths.pop()!;
  const steps = merged.map((each) => each.pop()!);
  walk(lengths, merged, (at, offsets) => visit(at * run, offsets, run, steps));
}

/** Copies `from` into `out`, reading element `index` at `start + sum(index * strides)`. */
export function copyStrided(out: KernelOperand, from: TypedArray, start: number, strides: readonly number[]): void {
  const to = out.storage;
  eachRun(out.shape, [strides], (base, [offset], run, [step]) => {
    const source = start + offset;
    if (step === 0) to.fill(from[source], base, base + run);
    else if (step === 1 && run >= longRun) to.set(from.subarray(source, source + run), base);
    else for (let k = 0; k < run; k++) to[base + k] = from[source + k * step];
  });
}

/** The reverse: writes the elements of `x` to where `copyStrided` would read them. */
export function writeStrided(to: TypedArray, x: KernelOperand, start: number, strides: readonly number[]): void {
  const from = x.storage;
  eachRun(x.shape, [strides], (base, [offset], run, [step]) => {
    const target = start + offset;
    for (let k = 0; k < run; k++) to[target + k * step] = from[base + k];
  });
}
