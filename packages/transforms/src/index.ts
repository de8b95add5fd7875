/**
 * Transforms of functions of tensors: many examples at once, and one step after another.
 */
export { type ScanOptions, scan } from "./scan/scan.ts";
export { type VmapOptions, vmap } from "./vmap/vmap.ts";
