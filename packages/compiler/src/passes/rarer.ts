/**
 * Passes that few programs gain from, as in `codegen/rarer.ts`.
 */
import type { permuteProducts } from "./permuted-products.ts";

interface RarerPasses {
  /** Without it, products whose axes are permuted are copied. */
  permuteProducts?: typeof permuteProducts;
}

export const rarerPasses: RarerPasses = {};
