/**
 * The parameter: a tensor whose value can be replaced, and the snapshots by which the tape keeps earlier values.
 */
import { DTypeError, ShapeError } from "../errors.ts";
import { isAtomic, onFailure } from "./atomic.ts";
import { asTensor, type TensorLike } from "./convert.ts";
import { type DType, isFloat, type TypedArray } from "./dtype.ts";
import { formatShape, type Shape, sameShape } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { stateTracer, tracer } from "./tracer.ts";

/** Where a backend keeps a parameter's numbers between runs of compiled programs. @internal */
export interface ParameterBuffer {
  /** A copy of the numbers there. */
  download(): TypedArray;
  /** Whether the value has been replaced from outside since, so that it is to be uploaded before the next run. */
  stale: boolean;
}

/**
 * A tensor whose value training may replace. What was computed from the old value keeps it: a later backward pass
 * sees the numbers that its forward pass saw.
 *
 * @example parameter([1, 2]).assign([3, 4]);
 */
export class Parameter extends Tensor {
  /** Whether it is state (made by `buffer()`) and no weight: frozen weights are weights still. */
  readonly isBuffer: boolean;

  /** Where the value lives in the memory of compiled programs, once one has used it. @internal */
  buffer: ParameterBuffer | null = null;

  /** @internal */
  constructor(storage: TypedArray, shape: Shape, dtype: DType, isBuffer = false) {
    super(storage, shape, dtype);
    this.isBuffer = isBuffer;
  }

  override get storage(): TypedArray {
    if (tracer !== null) tracer.refuseRead(this);
    this.held ??= this.buffer!.download();
    return this.held;
  }

  override detach(): Tensor {
    const cut = new Tensor(tracer === null ? this.storage : null, this.shape, this.dtype);
    if (tracer !== null) cut.traced = stateTracer()!.valueOf(this);
    return cut;
  }

  /**
   * Replaces the value. Nothing is written in place.
   *
   * @throws ShapeError for another shape; the old value then stays.
   */
  assign(value: TensorLike): void {
    const next = asTensor(value, "assign", this.dtype);
    if (!sameShape(next.shape, this.shape))
      throw new ShapeError({
        where: "assign",
        expected: `a value of shape ${formatShape(this.shape)}`,
        got: formatShape(next.shape),
      });
    const converted = next.detach().cast(this.dtype);
    if (tracer !== null) stateTracer()!.assign(this, converted);
    else {
      if (isAtomic()) this.noteValue();
      this.#replace(converted.storage);
    }
  }

  /** Notes the value, so that it comes back if the atomic function around this fails. @internal */
  noteValue(): void {
    const before = this.storage;
    onFailure(() => this.#replace(before));
  }

  #replace(numbers: TypedArray): void {
    this.held = numbers;
    if (this.buffer !== null) this.buffer.stale = true;
  }

  override snapshot(): Tensor {
    return new Snapshot(this);
  }
}

/** A parameter's value at one moment; gradients that reach it belong to the parameter. */
class Snapshot extends Tensor {
  readonly #parameter: Parameter;

  constructor(parameter: Parameter) {
    super(tracer === null ? parameter.storage : null, parameter.shape, parameter.dtype);
    if (tracer !== null) this.traced = stateTracer()!.valueOf(parameter);
    this.#parameter = parameter;
    this.requiresGrad = parameter.requiresGrad;
  }

  override get leaf(): Tensor {
    return this.#parameter;
  }
}

/** What is made while `jit` traces is made once, with the value that this first call gives it. */
function initialValue(initial: TensorLike, where: string): Tensor {
  const value = asTensor(initial, where);
  return stateTracer()?.evaluate(value) ?? value;
}

/**
 * A tensor whose value training may replace, and whose gradient `backward()` finds.
 *
 * @param initial its first value: a float tensor, or what makes one.
 * @throws DTypeError for integers, which have no gradient.
 *
 * @example
 * const w = parameter(randn([784, 10]));
 */
export function parameter(initial: TensorLike): Parameter {
  const { storage, shape, dtype } = initialValue(initial, "parameter");
  if (!isFloat(dtype))
    throw new DTypeError({ where: "parameter", expected: "floats", got: dtype, hint: "Use buffer() for a counter." });
  const made = new Parameter(storage, shape, dtype);
  made.requiresGrad = true;
  return made;
}

/**
 * Like {@link parameter}, of any dtype and without a gradient: running statistics, counters, optimizer state.
 *
 * @example buffer([0, 0]).assign([1, 2]);
 */
export function buffer(initial: TensorLike): Parameter {
  const { storage, shape, dtype } = initialValue(initial, "buffer");
  return new Parameter(storage, shape, dtype, true);
}
