/**
 * The entry `@chainrule/compiler/pools`: kernels of pools that are faster than those of `windows` where a row has four windows and more,
 * with the same results. `fit` loads them in pages that have layers for them, `jit` has them.
 */
import { windowTables } from "./wasm/kernels/definitions.ts";
import { flatGeometry } from "./wasm/kernels/flat-geometry.ts";
import { addPoolKernels } from "./wasm/kernels/pool-modules.ts";

/** Makes the kernels known, and the tables that they go by. */
export function addPools(): void {
  addPoolKernels();
  windowTables.flat = flatGeometry;
}
