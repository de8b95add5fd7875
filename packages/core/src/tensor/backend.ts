/**
 * Who computes an op: the seam through which faster kernels than the plain ones of this package come in.
 */
import type { TypedArray } from "./dtype.ts";
import type { KernelOperand, Op, TensorSpec } from "./op.ts";

/** An engine beside the plain kernels, such as WebAssembly; installed with `setBackend`. */
export interface Backend {
  /** What it is called in messages: "wasm". */
  readonly name: string;
  /**
   * The numbers of the op's result, the same as the op's own kernel finds up to rounding; null to leave it to the kernel.
   * Shapes and dtypes were checked before.
   */
  compute(op: Op, inputs: readonly KernelOperand[], attributes: unknown, out: TensorSpec): TypedArray | null;
  /**
   * The function compiled, for whoever has a step that is run often; a backend without a compiler leaves it out. How, and
   * what else is known of the function, is said as that compiler takes it; nothing: that all depends on its arguments.
   */
  readonly compile?: <F extends (...args: never[]) => unknown>(f: F, options?: object, watch?: object) => F;
}

/** The backend in use; null where the plain kernels do everything. */
export let backend: Backend | null = null;

/**
 * Installs a backend (null: the plain kernels alone), and returns the one from before.
 *
 * @example
 * const before = setBackend(null); // the plain kernels, as on a host without WebAssembly
 * setBackend(before);
 */
export function setBackend(next: Backend | null): Backend | null {
  const before = backend;
  backend = next;
  return before;
}
