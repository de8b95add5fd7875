/**
 * Experiments: a function run for every combination of settings and for several seeds, with statistics and figures.
 */
export type { Grid, SettingsOf } from "./grid/grid.ts";
export type { FigureOptions } from "./results/figure.ts";
export type { SweepResults, TableOptions } from "./results/results.ts";
export type { Run } from "./results/run.ts";
export type { Comparison, Row, TestName } from "./results/table.ts";
export type { Outcome } from "./runs/outcome.ts";
export { type PairedTest, pairedTTest, permutationTest, type Summary, summarize } from "./statistics/paired.ts";
export { type SweepOptions, sweep } from "./sweep/sweep.ts";
