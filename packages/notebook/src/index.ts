/**
 * What notebooks of JavaScript kernels show of tensors, models and trainings: tables, SVG and TeX.
 */
export type { DisplayBundle } from "./bundle.ts";
export { notebookBundle } from "./notebook.ts";
