/**
 * Graphs of a computation and plots, for terminal and page.
 */
export { type BarChartData, type BarChartOptions, barChartSvg } from "./bar-chart.ts";
export { type BoundaryPrediction, type DrawBoundaryOptions, drawBoundary } from "./boundary.ts";
export {
  type ComputationEdge,
  type ComputationGraph,
  type ComputationNode,
  type ComputationNodeKind,
  graphOf,
} from "./graph/computation.ts";
export { toDot, toMermaid } from "./graph/dot.ts";
export { graphSvg } from "./graph/svg.ts";
export { heatmap } from "./heatmap.ts";
export type { HeatmapData, HeatmapOptions } from "./heatmap-data.ts";
export { type HeatmapSvgOptions, heatmapSvg } from "./heatmap-svg.ts";
export { type HistoryLike, type PlotHistoryOptions, plotHistory } from "./history.ts";
export { type DrawImageOptions, drawImage } from "./image.ts";
export { type LineChartOptions, lineChartSvg } from "./line-chart.ts";
export type { LineChartData } from "./line-data.ts";
export { type PlotLinesOptions, plotLines } from "./plot-lines.ts";
export { type TrainingReportOptions, trainingReport } from "./report.ts";
export type { AxisScale } from "./ticks.ts";
