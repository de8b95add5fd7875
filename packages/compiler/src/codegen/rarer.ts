/**
 * Code that few programs gain from: bundles have it only where something asks for it (`attention.ts`). `jit` has all of it.
 */
import type { helpersOf, writeIfSmall } from "./small-products.ts";

/** Products so small that they are written out (`small-products.ts`); without it, the kernel computes the same bits more slowly. */
interface SmallProducts {
  readonly write: typeof writeIfSmall;
  readonly helpersOf: typeof helpersOf;
}

interface Rarer {
  smallProducts?: SmallProducts;
}

export const rarer: Rarer = {};
