/**
 * Finding a learning rate.
 */
export type { RateSuggestions } from "./curve.ts";
export { type FindLearningRateOptions, findLearningRate, type LearningRateFindings } from "./find.ts";
