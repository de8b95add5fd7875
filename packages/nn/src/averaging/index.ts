/**
 * Averages of weights.
 */
export { AveragedModel, type AveragedModelOptions } from "./averaged-model.ts";
