/**
 * Graphs of a computation and plots, for terminal and page.
 */
export { type AttentionSvgOptions, attentionSvg } from "./charts/attention.ts";
export { type BarChartData, type BarChartOptions, barChartSvg } from "./charts/bar-chart.ts";
export { type DrawBoundaryOptions, drawBoundary } from "./charts/boundary.ts";
export type { BoundaryOptions, BoundaryPrediction } from "./charts/boundary-data.ts";
export { type BoundarySvgOptions, boundarySvg } from "./charts/boundary-svg.ts";
export { heatmap } from "./charts/heatmap.ts";
export type { HeatmapData, HeatmapOptions } from "./charts/heatmap-data.ts";
export { type HeatmapSvgOptions, heatmapSvg } from "./charts/heatmap-svg.ts";
export { type HistogramData, type HistogramsOptions, histogramsSvg } from "./charts/histograms.ts";
export { type HistoryLike, type PlotHistoryOptions, plotHistory } from "./charts/history.ts";
export { type DrawImageOptions, drawImage } from "./charts/image.ts";
export { type FiltersOptions, filtersSvg, type ImagesData, type ImagesOptions, imagesSvg } from "./charts/images.ts";
export { type Band, type LineChartOptions, lineChartSvg } from "./charts/line-chart.ts";
export type { LineChartData } from "./charts/line-data.ts";
export { type PlotLinesOptions, plotLines } from "./charts/plot-lines.ts";
export { type Displayable, display } from "./drawing/display.ts";
export type { AxisScale } from "./drawing/ticks.ts";
export {
  type PrecisionRecallData,
  precisionRecallSvg,
  type RocData,
  rocSvg,
} from "./evaluation/ranking-curves.ts";
export { type ReliabilityBin, reliabilitySvg } from "./evaluation/reliability.ts";
export type { ShareChartOptions } from "./evaluation/unit-square.ts";
export {
  type ComputationEdge,
  type ComputationGraph,
  type ComputationNode,
  type ComputationNodeKind,
  type GraphOptions,
  graphOf,
} from "./graph/computation.ts";
export { toDot, toMermaid } from "./graph/dot.ts";
export { foldGraph } from "./graph/fold.ts";
export type { LayerCall } from "./graph/layers.ts";
export { graphSvg } from "./graph/svg.ts";
export {
  type LandscapeOptions,
  type LandscapeWeights,
  type LossLandscape,
  lossLandscape,
} from "./landscape/landscape.ts";
export { type LossLandscapeOptions, lossLandscapeSvg } from "./landscape/landscape-svg.ts";
export type { LossOptionLists } from "./losses/curves.ts";
export { type PlotLossOptions, type PlottedLoss, plotLoss } from "./losses/plot-loss.ts";
export type { Mistakes } from "./report/mistakes.ts";
export { type TrainingReportOptions, trainingReport } from "./report/report.ts";
