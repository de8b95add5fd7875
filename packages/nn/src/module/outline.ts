/**
 * What a module will make of symbolic tensors, found out by trying.
 */
import { type DType, ModelError, noGrad, ones, promote, Tensor, zeros } from "@chainrule/core";
import type { BatchShape } from "../layers/shape.ts";
import { inModeSync } from "./mode.ts";
import type { Module } from "./module.ts";
import { isSymbolic, leavesOf, mapLeaves, Outline } from "./symbolic.ts";

/**
 * Pairs of lengths for axes that are open. Long enough for kernels, and different by so much that strides do not make
 * them equal; the later ones are for modules that refuse the ones before.
 */
const tries = [
  [8, 16],
  [32, 64],
  [2, 4],
] as const;

/**
 * The outlines of what a module returns for symbolic arguments: it is called twice, on zeros (masks are true) of
 * different lengths wherever a length is open; what then differs is what varies. Modes and statistics stay as they
 * were, because it is done in evaluation mode.
 *
 * @throws ModelError where no tensor comes out; what the module throws.
 */
export function outlineByTrying(module: Module<unknown>, args: readonly unknown[]): unknown {
  const open = leavesOf(args, isSymbolic).some(([{ shape }]) => shape.slice(1).includes(null));
  let failure: unknown;
  for (const lengths of open ? tries : [tries[0]])
    try {
      const [one, other] = [0, 1].map((i) => call(module, args, 2 + i, lengths[i]));
      return both(module, one, other);
    } catch (error) {
      failure ??= error;
    }
  throw failure;
}

function call(module: Module<unknown>, args: readonly unknown[], batch: number, length: number): unknown {
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
function both(module: Module<unknown>, one: unknown, other: unknown): unknown {
  const others = new Map(leavesOf(other, isTensor).map(([tensor, path]) => [path, tensor.shape]));
  if (others.size === 0)
    throw new ModelError({
      where: `${module.constructor.name}, called on symbolic tensors`,
      expected: "a module that returns tensors, alone or in lists and plain objects",
      got: "none",
    });
  return mapLeaves(one, isTensor, ({ shape, dtype }, path) => {
    const second = others.get(path);
    return new Outline(
      shape.map((n, axis) => (n === second?.[axis] ? n : null)),
      dtype,
    );
  });
}

function isTensor(x: unknown): x is Tensor {
  return x instanceof Tensor;
}

/** The outline of what a module with weights makes of an input, where the shape of its output is known. */
export function outlineOf(module: Module<unknown>, dtype: DType, shape: BatchShape): Outline {
  return new Outline(
    shape,
    module.parameters().reduce((widest, parameter) => promote(widest, parameter.dtype), dtype),
  );
}
