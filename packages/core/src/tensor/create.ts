/**
 * Making tensors: of given numbers, and of patterns.
 */
import { checkCount, checkNumber } from "../arguments.ts";
import { checkOptions, ShapeError, ValueError } from "../errors.ts";
import { asTensor, checkWhole, fill, read, refuseAsInt32, type TensorLike } from "./convert.ts";
import { allocateFor, checkDType, type DType, getDefaultDType, isFloat, type TypedArray } from "./dtype.ts";
import { guard } from "./guard.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { tracer } from "./tracer.ts";

/** What a tensor that is made of numbers is to be. */
export interface CreateOptions {
  /** Where it is not given: bool for truth values, a typed array's own kind, else the default, float32. */
  dtype?: DType;
  /** Record operations on this tensor, so that `backward()` finds its gradient. */
  requiresGrad?: boolean;
}

const createOptions = ["dtype", "requiresGrad"];
const tensorOptions = ["shape", ...createOptions];

/**
 * A tensor of the given numbers, which are copied.
 *
 * @param data a number, nested arrays, a typed array, or a tensor (whose numbers are shared: they never change).
 * @param options `shape` for flat data, `dtype`, `requiresGrad`.
 * @throws DataError for ragged arrays and for values that are no numbers.
 * @throws ShapeError where the shape does not hold as many elements.
 *
 * @example
 * tensor([[1, 2], [3, 4]]); // shape [2, 2]
 * tensor(new Float64Array(6), { shape: [2, 3] }); // [[0, 0, 0], [0, 0, 0]], float64
 * tensor([0, 2, 1], { dtype: "int32" }); // [0, 2, 1], int32
 */
export function tensor(data: TensorLike, options: CreateOptions & { shape?: Shape } = {}): Tensor {
  checkOptions("tensor", options, tensorOptions);
  if (options.dtype !== undefined) checkDType("tensor", options.dtype);
  if (tracer !== null && data instanceof Tensor) return traced(data, options);
  const found = read(data, options.dtype);
  let shape = found.shape;
  if (options.shape !== undefined) {
    checkShape("tensor", options.shape);
    if (sizeOf(options.shape) !== found.storage.length)
      throw new ShapeError({
        where: "tensor",
        expected: `${sizeOf(options.shape)} numbers for the shape ${formatShape(options.shape)}`,
        got: `${found.storage.length}`,
      });
    shape = [...options.shape];
  }
  return finish(found.storage, shape, found.dtype, options);
}

/** What `tensor` makes of another tensor, in operations. */
function traced(data: Tensor, { dtype = data.dtype, shape, requiresGrad }: CreateOptions & { shape?: Shape }): Tensor {
  if (dtype === "int32" && isFloat(data.dtype)) checkWhole(data, (value) => refuseAsInt32("tensor", value));
  const same = data.detach().cast(dtype);
  const made = (shape ? same.reshape(shape) : same).detach();
  if (requiresGrad) made.requiresGrad = true;
  return made;
}

/** Makes the tensor and applies `requiresGrad`. */
function finish(storage: TypedArray, shape: Shape, dtype: DType, { requiresGrad }: CreateOptions): Tensor {
  const made = new Tensor(storage, shape, dtype);
  if (requiresGrad) made.requiresGrad = true;
  return made;
}

/** Makes a tensor of `shape` by writing into its storage, once, before anyone sees it. */
export function build(
  where: string,
  shape: Shape,
  options: CreateOptions,
  write: (storage: TypedArray, dtype: DType) => void,
): Tensor {
  checkShape(where, shape);
  checkOptions(where, options, createOptions);
  const dtype = options.dtype ?? getDefaultDType();
  checkDType(where, dtype);
  const storage = allocateFor(where, shape, dtype);
  write(storage, dtype);
  return finish(storage, [...shape], dtype, options);
}

/**
 * A tensor of zeros.
 * @example zeros([2, 3]); // [[0, 0, 0], [0, 0, 0]]
 */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return build("zeros", shape, options, () => {});
}

/**
 * A tensor of ones.
 * @example ones([2], { dtype: "float64" }); // [1, 1], float64
 */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return build("ones", shape, options, (storage) => storage.fill(1));
}

/**
 * A tensor of one number throughout.
 * @throws DTypeError for a fraction with dtype int32.
 * @example full([2], 0.5); // [0.5, 0.5]
 */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  checkNumber("full", "value", value);
  return build("full", shape, options, (storage, dtype) => storage.fill(fill("full", dtype, [value])[0]));
}

/**
 * Zeros in the shape and dtype of another tensor, unless the options name a dtype.
 *
 * @example zerosLike(tensor([[1, 2]])); // [[0, 0]]
 */
export function zerosLike(x: TensorLike, options: CreateOptions = {}): Tensor {
  return like("zerosLike", x, options, 0);
}

/**
 * Ones in the shape and dtype of another tensor, unless the options name a dtype.
 *
 * @example onesLike(tensor([[1, 2]])); // [[1, 1]]
 */
export function onesLike(x: TensorLike, options: CreateOptions = {}): Tensor {
  return like("onesLike", x, options, 1);
}

/**
 * One number throughout, in the shape and dtype of another tensor, unless the options name a dtype.
 *
 * @example fullLike(tensor([[1, 2]]), 7); // [[7, 7]]
 */
export function fullLike(x: TensorLike, value: number, options: CreateOptions = {}): Tensor {
  return like("fullLike", x, options, value);
}

function like(where: string, x: TensorLike, options: CreateOptions, value: number): Tensor {
  checkOptions(where, options, createOptions);
  checkNumber(where, "value", value);
  const { shape, dtype } = asTensor(x, where);
  return build(where, shape, { dtype, ...options }, (storage, kind) => storage.fill(fill(where, kind, [value])[0]));
}

/**
 * The numbers from `start` (0 if only the end is given) up to but not including `end`, `step` apart.
 *
 * @throws ValueError for a step of 0 or that leads away from the end.
 *
 * @example
 * arange(3); // tensor([0, 1, 2])
 * arange(1, 2, 0.25); // tensor([1, 1.25, 1.5, 1.75])
 */
export function arange(start: number, end?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  for (const [name, given] of Object.entries({ start: from, end: to, step })) checkNumber("arange", name, given);
  const count = Math.ceil((to - from) / step);
  if (!Number.isFinite(count) || count < 0)
    throw new ValueError({
      where: "arange",
      expected: "a step that leads from start to end",
      got: `start ${from}, end ${to}, step ${step}`,
    });
  return build("arange", [count], options, (storage, dtype) => {
    storage.set(
      fill(
        "arange",
        dtype,
        Float64Array.from({ length: count }, (_, i) => from + i * step),
      ),
    );
  });
}

/**
 * `count` numbers at equal distances, both ends included.
 *
 * @example
 * linspace(0, 1, 5); // tensor([0, 0.25, 0.5, 0.75, 1])
 */
export function linspace(start: number, end: number, count: number, options: CreateOptions = {}): Tensor {
  checkNumber("linspace", "start", start);
  checkNumber("linspace", "end", end);
  return build("linspace", [count], options, (storage, dtype) => {
    const values = Float64Array.from({ length: count }, (_, i) => start + ((end - start) * i) / Math.max(1, count - 1));
    if (count > 1) values[count - 1] = end;
    storage.set(fill("linspace", dtype, values));
  });
}

/**
 * The identity matrix: ones on the diagonal, zeros elsewhere.
 * @example eye(2); // [[1, 0], [0, 1]]
 */
export function eye(rows: number, columns = rows, options: CreateOptions = {}): Tensor {
  return build("eye", [rows, columns], options, (storage) => {
    for (let i = 0; i < Math.min(rows, columns); i++) storage[i * columns + i] = 1;
  });
}

/**
 * Each label as a vector that is 1 at the label's place and 0 elsewhere.
 *
 * @param labels whole numbers from 0 to depth - 1, any shape; the result has one more axis, the last.
 * @param depth the number of classes; by default the largest label + 1.
 * @throws ValueError for labels that are not whole or out of range.
 *
 * @example
 * oneHot([0, 2], 3); // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(labels: TensorLike, depth?: number, options: CreateOptions = {}): Tensor {
  const given = asTensor(labels, "oneHot", "float64");
  if (depth !== undefined) checkCount("oneHot", "depth", depth);
  const refuse = (label: number, classes: number): never => {
    throw new ValueError({
      where: "oneHot",
      expected: `labels that are whole numbers from 0 to ${classes - 1}`,
      got: `${label}`,
      hint: "Name the number of classes as the second argument, and count them from 0.",
    });
  };
  if (tracer !== null && depth !== undefined) {
    checkLabels(given.detach(), depth, (label) => refuse(label, depth));
    const places = arange(0, depth, 1, { dtype: "int32" });
    const chosen = given.detach().unsqueeze(-1).equal(places);
    return traced(chosen, { ...options, dtype: options.dtype ?? getDefaultDType() });
  }
  const { storage, shape } = given;
  const values = Array.from(storage);
  const classes = depth ?? values.reduce((most, label) => Math.max(most, label), -1) + 1;
  checkLabels(given, classes, (label) => refuse(label, classes));
  return build("oneHot", [...shape, classes], options, (out) => {
    values.forEach((label, i) => {
      out[i * classes + label] = 1;
    });
  });
}

/** Calls `refuse` with the first number that is not a whole one from 0 to `classes` - 1. */
function checkLabels(labels: Tensor, classes: number, refuse: (label: number) => never): void {
  guard(
    [labels],
    () => {
      for (const label of labels.storage) if (!Number.isInteger(label) || label < 0 || label >= classes) refuse(label);
    },
    () => labels.floor().equal(labels).logicalAnd(labels.greaterEqual(0)).logicalAnd(labels.less(classes)).logicalNot(),
  );
}
