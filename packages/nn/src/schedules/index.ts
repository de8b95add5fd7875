/**
 * Learning-rate schedules.
 */
export { type CyclicOptions, chained, cyclic, inverseTimeDecay, piecewiseConstant, sequential } from "./composed.ts";
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
export {
  type OneCycleMomentumOptions,
  type OneCycleOptions,
  oneCycle,
  oneCycleMomentum,
  warmup,
} from "./warmup.ts";
