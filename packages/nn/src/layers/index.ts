/**
 * The layers.
 */
export { Layer, type LayerOptions } from "./layer.ts";
export type { BatchShape } from "./shape.ts";
export { formatBatchShape } from "./shape.ts";
