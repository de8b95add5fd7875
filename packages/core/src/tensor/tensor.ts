/**
 * The tensor: numbers with a shape, and their place on the tape. Its operations are methods too: `methods.ts` adds them.
 *
 * A tensor never changes. Operations make new tensors; reshape and its like share the numbers, which is safe
 * because nobody can write them. The one exception has a name of its own: a `Parameter`'s value can be replaced.
 */
import { DTypeError, describe, GraphError, JitError, ShapeError } from "../errors.ts";
import { userLine } from "../user-line.ts";
import { isAtomic, onFailure } from "./atomic.ts";
import type { TapeEntry } from "./dispatch.ts";
import { type DType, holds, isFloat, type TypedArray } from "./dtype.ts";
import { formatTensor } from "./format.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import { stateTracer, type TracedValue, tracer } from "./tracer.ts";

/** Numbers, or arrays of them, as `toArray` returns them. */
export type ArrayOf<T> = T | ArrayOf<T>[];
/** What `toArray` returns of tensors without axes, with one, two, three and four. */
type ByRank = [number, number[], number[][], number[][][], number[][][][]];

/**
 * An n-dimensional array of numbers that remembers how it was made. Make one with `tensor`, `zeros`, `randn`, ….
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * x.square().sum().backward();
 * x.grad; // [[2, 4], [6, 8]]
 */
export class Tensor {
  /** The length along each axis; `[]` for a scalar. */
  readonly shape: Shape;
  /** The kind of its numbers: `float32`, `float64`, `int32` or `bool`. */
  readonly dtype: DType;
  /** The numbers where they are at hand; null for what `jit` traces, and for parameters that live in its memory. @internal */
  held: TypedArray | null;
  /** What it stands for in a trace. @internal */
  traced: TracedValue | null = null;
  /** How it was made, where a gradient may be asked for. @internal */
  tapeEntry: TapeEntry | null = null;
  #grad: Tensor | null = null;
  #requiresGrad = false;

  /** @internal */
  constructor(storage: TypedArray | null, shape: Shape, dtype: DType) {
    if (storage !== null && !(Array.isArray(shape) && holds(storage, dtype))) refuseParts(storage);
    this.held = storage;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** The numbers in row-major order. For kernels only: read, and never write. @internal */
  get storage(): TypedArray {
    return this.held ?? unread(this);
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether operations on this tensor are put on the tape, so that `backward()` reaches it. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  set requiresGrad(on: boolean) {
    if (on && !isFloat(this.dtype))
      throw new DTypeError({
        where: "requiresGrad",
        expected: "a float tensor",
        got: this.dtype,
        hint: 'Only floats have gradients: make it with { dtype: "float32" }.',
      });
    if (!on && this.tapeEntry)
      throw new GraphError({
        where: "requiresGrad",
        expected: "a tensor that no operation made",
        got: `a result of ${this.tapeEntry.op.name}`,
        hint: "To cut it off from what made it, use detach().",
      });
    if (on && !this.#requiresGrad) stateTracer()?.beforeRequiringGrad(this);
    this.#requiresGrad = on;
  }

  /** The gradient that `backward()` left here, in the tensor's own shape; null before. */
  get grad(): Tensor | null {
    if (tracer !== null) return stateTracer()!.gradientOf(this, this.#grad);
    if (this.#grad === null && this.tapeEntry?.isReleased) sayWhyNone(this.tapeEntry.op.name);
    return this.#grad;
  }

  set grad(gradient: Tensor | null) {
    if (gradient !== null && !(gradient instanceof Tensor))
      throw new DTypeError({ where: "grad", expected: "a tensor, or null for no gradient", got: describe(gradient) });
    const before = this.#grad;
    stateTracer()?.beforeGradientChanges(this, before);
    if (isAtomic())
      onFailure(() => {
        this.#grad = before;
      });
    this.#grad = gradient;
  }

  /** Whether no operation on the tape made it: parameters and inputs, where gradients are left. */
  get isLeaf(): boolean {
    return this.tapeEntry === null;
  }

  /** What stays as it is while a later assignment replaces the value: the tensor itself, but for parameters. @internal */
  snapshot(): Tensor {
    return this;
  }

  /** The tensor on which `backward()` leaves the gradient. @internal */
  get leaf(): Tensor {
    return this;
  }

  // Reading

  /** The only element as a number. @throws ShapeError where there is not exactly one. */
  item(): number {
    if (this.storage.length !== 1)
      throw new ShapeError({
        where: "item",
        expected: "a tensor of one element",
        got: `shape ${formatShape(this.shape)}`,
        hint: "Reduce it first (sum, mean, …), or read all numbers with toArray().",
      });
    return this.storage[0];
  }

  /**
   * The numbers in nested arrays of the tensor's shape (a plain number for a scalar), truth values for bool.
   *
   * @param rank how many axes the tensor must have, so that TypeScript knows how deep the arrays are.
   * @throws ShapeError where it has others.
   * @example
   * tensor([[1, 2], [3, 4]]).toArray(2)[1][0]; // 3
   */
  toArray(): ArrayOf<number>;
  toArray<Rank extends 0 | 1 | 2 | 3 | 4>(rank: Rank): ByRank[Rank];
  toArray(rank = this.rank): ArrayOf<number> {
    if (rank !== this.rank)
      throw new ShapeError({
        where: "toArray",
        expected: `a tensor whose rank is ${describe(rank)}`,
        got: `shape ${formatShape(this.shape)}`,
        hint: `Write toArray(${this.rank}), or toArray().`,
      });
    const build = (axis: number, start: number, size: number): ArrayOf<number> => {
      if (axis === this.rank)
        return this.dtype === "bool" ? (Boolean(this.storage[start]) as never) : this.storage[start];
      const part = this.shape[axis] === 0 ? 0 : size / this.shape[axis];
      return Array.from({ length: this.shape[axis] }, (_, i) => build(axis + 1, start + i * part, part));
    };
    return build(0, 0, this.size);
  }

  /** A copy of the numbers in row-major order. */
  toTypedArray(): TypedArray {
    return this.storage.slice();
  }

  /** The numbers in aligned columns, with shape and dtype; many are abbreviated. */
  toString(): string {
    return formatTensor(this, { requiresGrad: this.requiresGrad });
  }

  /** How Node's console shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Text where text is asked for; a tensor is no number, so `x > 0`, `+x` and `x * 2` throw. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    const line = userLine();
    throw new DTypeError({
      where: `tensor${line ? `, at ${line}` : ""}`,
      expected: "a number",
      got: `a tensor of shape ${formatShape(this.shape)} in JavaScript arithmetic or a comparison`,
      hint: "Write x.mul(2) for x * 2, x.greater(0) for x > 0 (and where() to choose by it), x.item() for the number, String(x) for its text.",
    });
  }

  /** The numbers in nested arrays, for JSON. */
  toJSON(): ArrayOf<number> {
    return this.toArray();
  }

  // Gradients

  /** The same numbers, cut off from what made them: no gradient passes. */
  detach(): Tensor {
    const cut = new Tensor(this.held, this.shape, this.dtype);
    cut.traced = this.traced;
    return cut;
  }

  /** Forgets the gradient. */
  zeroGrad(): void {
    this.grad = null;
  }
}

function refuseParts(given: unknown): never {
  throw new DTypeError({
    where: "new Tensor",
    expected: "the parts of a tensor, which only this library puts together",
    got: describe(given),
    hint: "Make tensors with tensor(…), zeros(…), …, and weights with parameter(…).",
  });
}

/** Only what a trace made has no numbers; used after the trace, it must have been kept by accident. */
function unread(x: Tensor): never {
  if (tracer !== null) tracer.refuseRead(x);
  throw new JitError({
    where: "tensor",
    expected: "a tensor with numbers",
    got: "one from inside a jitted or mapped function, where tensors only stand for numbers",
    hint: "Return it from the function, or keep it in a buffer() with assign().",
  });
}

let saidWhyNone = false;

/** Once, for the gradient of a result, after a backward pass has gone through it and left none. */
function sayWhyNone(op: string): void {
  if (saidWhyNone) return;
  saidWhyNone = true;
  const line = userLine();
  console.warn(
    `grad${line ? `, at ${line}` : ""}: a result (of ${op}) has no gradient after backward(); only leaves keep theirs. ` +
      "In a loop that updates weights, keep the parameter and replace its value: w.assign(w.sub(w.grad.mul(0.1))), w.zeroGrad(). " +
      "To keep the gradient of a result, call retainGrad() on it before backward(). This is said once.",
  );
}
