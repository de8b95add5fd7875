/**
 * Parts of the compiler that few models gain from: where such a model's module is in a bundle, `fit` loads its part with the rest
 * (`model/compiler.ts`).
 */
export const compilerParts = new Set<() => Promise<void>>();
