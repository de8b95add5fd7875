/**
 * The scalar engine: numbers that remember how they were made, and a network built of them.
 */

export { type Graph, type GraphEdge, type GraphNode, graph } from "./graph.ts";
export {
  type ScalarActivation,
  ScalarLayer,
  ScalarMLP,
  type ScalarMLPOptions,
  ScalarNeuron,
  type ScalarOptions,
} from "./mlp.ts";
export { type Operand, Value, value } from "./value.ts";
