/**
 * Learning-rate schedules.
 */
export { type CyclicOptions, cyclic, inverseTimeDecay, piecewiseConstant, sequential } from "./composed.ts";
export {
  cosineDecay,
  cosineRestarts,
  exponentialDecay,
  linearDecay,
  multiStepDecay,
  polynomialDecay,
  stepDecay,
} from "./decay.ts";
export * from "./plateau.ts";
export type { Schedule } from "./schedule.ts";
export { type OneCycleOptions, oneCycle, warmup } from "./warmup.ts";
