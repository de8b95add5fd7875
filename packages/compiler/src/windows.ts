/**
 * The entry `@chainrule/compiler/windows`: the kernels of convolutions and pools, which `fit` loads in pages that have such ops. `jit`
 * has them.
 */
export { addWindowKernels } from "./wasm/kernels/further-modules.ts";
