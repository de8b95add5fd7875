/**
 * Graphs of a computation and plots, for terminal and page.
 */
export { type BarChartOptions, type BarGroups, barChartSvg } from "./bar-chart.ts";
export { type BoundaryOptions, drawBoundary, type Prediction } from "./boundary.ts";
export {
  type ComputationEdge,
  type ComputationGraph,
  type ComputationNode,
  graphOf,
  type NodeKind,
} from "./graph/computation.ts";
export { toDot, toMermaid } from "./graph/dot.ts";
export { graphSvg } from "./graph/svg.ts";
export type { HeatmapOptions, Matrix } from "./grid.ts";
export { heatmap } from "./heatmap.ts";
export { type HeatmapSvgOptions, heatmapSvg } from "./heatmap-svg.ts";
export { type HistoryLike, type HistoryOptions, plotHistory } from "./history.ts";
export { drawImage, type ImageOptions } from "./image.ts";
export { type LineChartOptions, lineChartSvg } from "./line-chart.ts";
export { type PlotOptions, plotLines } from "./lines.ts";
export { type ReportOptions, trainingReport } from "./report.ts";
export type { LineData, LineOptions, Series } from "./series.ts";
export type { Scale } from "./ticks.ts";
