/**
 * The entry `@chainrule/compiler/windows`: the kernels of convolutions and pools, which `fit` loads in pages that have such ops. `jit`
 * has them.
 */
import { geometryOf } from "./wasm/kernels/conv-geometry.ts";
import { windowTables } from "./wasm/kernels/definitions.ts";
import { addWindowKernels } from "./wasm/kernels/further-modules.ts";

/** Makes the kernels known, and the tables that they go by. */
export function addWindows(): void {
  addWindowKernels();
  windowTables.all = geometryOf;
}
