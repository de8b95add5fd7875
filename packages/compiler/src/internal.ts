/**
 * What other packages of this library build on, and nobody else: graphs, for exporters. It changes without notice.
 */
export { watchedJit } from "./compiled-on-call.ts";
export { type Graph, GraphNode, withoutGuards } from "./ir/graph.ts";
export { simplify } from "./passes/simplify.ts";
export type { Watch } from "./programs.ts";
export { type FlatTree, flatten } from "./trace/pytree.ts";
export { Trace } from "./trace/trace.ts";
export { type TensorFunction, type TracedFunction, traceFunction } from "./trace/trace-function.ts";
