/**
 * What other packages of this library build on, and nobody else: it changes without notice.
 */
export { jupyterDisplay } from "./drawing/display.ts";
export { escapeXml } from "./drawing/svg.ts";
export { RecordedGraph } from "./graph/computation.ts";

export { foldedInto, titleOf } from "./graph/fold.ts";
export { layersOf, parameterNames } from "./graph/layers.ts";
export { type Arrow, type Box, type Layout, layoutGraph, type Point } from "./graph/layout.ts";
export { type BatchComputer, lookAt, type ResultFunction, type Seen, type Subject } from "./graph/subject.ts";
