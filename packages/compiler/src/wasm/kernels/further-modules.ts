/**
 * Modules of kernels that a page loads only where it has ops for them. Node has their bytes in files, as of those in `modules.ts`.
 */
import { convolutionFunctions } from "./conv.ts";
import { addKernels } from "./definitions.ts";
import { poolFunctions } from "./pool.ts";
import { softmaxFunctions } from "./softmax.ts";

/** Convolutions and pools. */
export function addWindowKernels(): void {
  addKernels("windows", (relaxed) => [...convolutionFunctions({ relaxed }), ...poolFunctions()]);
}

/** Softmax, of eager operations. */
export function addSoftmaxKernels(): void {
  addKernels("softmax", softmaxFunctions);
}
