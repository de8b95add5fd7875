/**
 * The chain rule told step by step, with the numbers of a program of one's own.
 */
export { explain } from "./backward/explain.ts";
export { explainBackward } from "./backward/explain-backward.ts";
export type { ExplainOptions } from "./backward/options.ts";
export type {
  BackwardData,
  BackwardStep,
  ExplainedKind,
  ExplainedNode,
  Formula,
  LayerCall,
  LocalDerivative,
  Numbers,
  Sent,
  Term,
} from "./explanation/types.ts";
export { BackwardExplanation } from "./text/backward-explanation.ts";
