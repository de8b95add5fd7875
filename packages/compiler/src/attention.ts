/**
 * The entry `@chainrule/compiler/attention`: what the many small products of attention gain from, which `fit` loads in pages that have
 * attention. `jit` has it.
 */
import { rarer } from "./codegen/rarer.ts";
import { helpersOf, writeIfSmall } from "./codegen/small-products.ts";
import { permuteProducts } from "./passes/permuted-products.ts";
import { rarerPasses } from "./passes/rarer.ts";

/** Lets programs write small products out, and store them in the order in which they are wanted. */
export function addSmallProducts(): void {
  rarer.smallProducts = { write: writeIfSmall, helpersOf };
  rarerPasses.permuteProducts = permuteProducts;
}
