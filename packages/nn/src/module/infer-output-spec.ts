/**
 * The shapes and dtypes that a module returns for symbolic tensors, found by calling it on zeros.
 */
import {
  type DType,
  getDefaultDType,
  ModelError,
  noGrad,
  ones,
  type Parameter,
  promote,
  Tensor,
  zeros,
} from "@chainrule/core";
import type { BatchShape } from "./batch-shape.ts";
import { type HasMode, inModeSync } from "./mode.ts";
import { isSymbolic, OutputSpec, Symbolic } from "./symbolic.ts";
import { leavesOf, mapLeaves } from "./tree.ts";

/** A module, as far as calling it on zeros goes. */
interface Callable extends HasMode {
  call(...inputs: Tensor[]): unknown;
}

/**
 * Pairs of lengths for axes that are open. Long enough for kernels, and different by so much that strides do not make
 * them equal; the later ones are for modules that refuse the ones before.
 */
const trialLengths = [
  [8, 16],
  [32, 64],
  [2, 4],
] as const;

/**
 * The specs of what a module returns for symbolic arguments: it is called twice, on zeros (masks are true) of
 * different lengths wherever a length is open; what then differs is what varies. Modes and statistics stay as they
 * were, because it is done in evaluation mode.
 *
 * @throws ModelError where no tensor comes out; what the module throws.
 */
export function inferOutputSpec(module: Callable, args: readonly unknown[]): unknown {
  const isOpen = leavesOf(args, isSymbolic).some(([{ shape }]) => shape.slice(1).includes(null));
  let failure: unknown;
  for (const lengths of isOpen ? trialLengths : [trialLengths[0]])
    try {
      const [one, other] = [0, 1].map((i) => callOnZeros(module, args, 2 + i, lengths[i]));
      return commonSpec(module, one, other);
    } catch (error) {
      failure ??= error;
    }
  throw failure;
}

/**
 * The shape of what a module returns for an input of a shape; null where it returns several tensors.
 *
 * @throws ModelError where no tensor comes out; what the module throws.
 */
export function inferOutputShape(module: Callable, inputShape: BatchShape): BatchShape | null {
  const input = new Symbolic(new OutputSpec(inputShape, getDefaultDType()), null, "input");
  const spec = inferOutputSpec(module, [input]);
  return spec instanceof OutputSpec ? spec.shape : null;
}

/** The spec of what a module with weights returns for an input of a dtype, where the shape of its output is known. */
export function specWithShape(
  module: { namedParameters(): ReadonlyMap<string, Parameter> },
  dtype: DType,
  shape: BatchShape,
): OutputSpec {
  return new OutputSpec(
    shape,
    [...module.namedParameters().values()].reduce((widest, parameter) => promote(widest, parameter.dtype), dtype),
  );
}

function callOnZeros(module: Callable, args: readonly unknown[], batch: number, length: number): unknown {
  const given = mapLeaves(args, isSymbolic, ({ shape, dtype }) =>
    (dtype === "bool" ? ones : zeros)(
      shape.map((n, axis) => n ?? (axis === 0 ? batch : length)),
      { dtype },
    ),
  ) as Tensor[];
  try {
    return inModeSync(module, false, () => noGrad(() => module.call(...given)));
  } finally {
    // What was made of zeros is nothing to go on from.
    for (const part of module.modules())
      if ("resetState" in part && typeof part.resetState === "function") part.resetState();
  }
}

/** What two results have in common. */
function commonSpec(module: Callable, one: unknown, other: unknown): unknown {
  const others = new Map(leavesOf(other, isTensor).map(([tensor, path]) => [path, tensor.shape]));
  if (others.size === 0)
    throw new ModelError({
      where: `${module.constructor.name}, called on symbolic tensors`,
      expected: "a module that returns tensors, alone or in lists and plain objects",
      got: "none",
    });
  return mapLeaves(one, isTensor, ({ shape, dtype }, path) => {
    const second = others.get(path);
    return new OutputSpec(
      shape.map((n, axis) => (n === second?.[axis] ? n : null)),
      dtype,
    );
  });
}

function isTensor(x: unknown): x is Tensor {
  return x instanceof Tensor;
}
