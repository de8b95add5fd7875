/**
 * The namespace `initializers`: every initialiser as a function, and what it takes to write another.
 */
export { type Fans, fansOf, type WeightLayout } from "./fans.ts";
export {
  constant,
  type Initializer,
  type InitializerOptions,
  identity,
  ones,
  randomNormal,
  randomUniform,
  truncatedNormal,
  zeros,
} from "./initializer.ts";
export { orthogonal } from "./orthogonal.ts";
export * from "./scaling.ts";
