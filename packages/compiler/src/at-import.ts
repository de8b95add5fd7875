/**
 * What Node does of this package when it is imported: installs the backend, whose code is loaded when something is first
 * compiled, or an operation is large enough for its kernels. With plain imports, `install.ts` does it.
 */
import { type KernelOperand, type Op, sizeOf, type TensorSpec } from "@chainrule/core";
import {
  type Backend,
  backend,
  convolveOp,
  inputGradientOp,
  matmulOp,
  setBackend,
  weightGradientOp,
} from "@chainrule/core/internal";

/** Only products and convolutions have kernels for so few numbers as this, in the result and each input. */
const few = 255;
/** Convolutions of so few have none either: each result takes at most as many terms as there are weights. */
const fewOfConvolutions = 64;
/** Smaller products are the plain kernel's, see `eager/matmul.ts`. */
const smallProduct = 128;

const convolutions = [convolveOp, inputGradientOp, weightGradientOp] as readonly unknown[];

/** Whether the backend leaves an operation to the plain kernel for its size; where it says no, the backend itself knows. */
export function isTooSmall(op: Op, inputs: readonly KernelOperand[], out: TensorSpec): boolean {
  const size = sizeOf(out.shape);
  const most = convolutions.includes(op) ? fewOfConvolutions : few;
  if (size > most || inputs.some(({ storage }) => storage.length > most)) return false;
  // Each operand of a product has the rows or columns of the result, times the terms of its sums.
  return op !== (matmulOp as Op) || Math.min(...inputs.map(({ storage }) => storage.length)) * size <= smallProduct;
}

export function atImport(all: () => { readonly jittingBackend: Backend }): void {
  if (backend !== null) return;
  setBackend({
    name: "wasm",
    compute: (op, inputs, attributes, out) =>
      isTooSmall(op, inputs, out) ? null : all().jittingBackend.compute(op, inputs, attributes, out),
    compile: (f, options, watch) => all().jittingBackend.compile!(f, options, watch),
  });
}
