/**
 * Reference vectors, comparisons and arbitraries for the tests of the other packages.
 */
export { arrays, broadcastableShapes, dataFor, floats, type ShapeLimits, shapes, wildFloats } from "./arbitrary.ts";
export { type Core, checkReference, type Differentiable } from "./check.ts";
export { type CompareOptions, expectClose, type Numbers, toleranceFor } from "./compare.ts";
export { checkCases, type Fuzzing, fuzzing } from "./fuzz.ts";
export {
  type FitByName,
  fitsByName,
  type NamesOfKeras,
  namesOfKeras,
  type OptimizerByName,
  optimizersByName,
  type StepOptionsOfKeras,
  stepOptionsOfKeras,
} from "./keras.ts";
export { checkLinear, type LinearCore } from "./linear.ts";
export {
  averagedWeights,
  type LBFGSSteps,
  lbfgsSteps,
  type MuonSteps,
  muonSteps,
  type OneCycleSteps,
  type PeerConstraints,
  type PeerLayerCase,
  type PeerMasks,
  type PeerMetricCase,
  type PeerValue,
  peerCases,
  peerConstraints,
  peerLayerCases,
  peerMasks,
  peerMetricCases,
  peerSchedules,
  type RosenbrockSteps,
} from "./peers.ts";
export {
  bothDTypes,
  type FloatDType,
  type HessianCase,
  type MetricCase,
  type OptimizerCase,
  type PlainTensor,
  type ReferenceCase,
  type ReferenceFile,
  type RegressionCase,
  referenceCases,
} from "./reference.ts";
