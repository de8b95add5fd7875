/**
 * The module of the fast kernels of pools, apart from `further-modules.ts`, so that a page with convolutions alone does not load it.
 */
import { addKernels } from "./definitions.ts";
import { flatFunctions } from "./pool-flat.ts";

/** Pools whose images lie flat. */
export function addPoolKernels(): void {
  addKernels("pools", flatFunctions);
}
