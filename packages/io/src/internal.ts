/**
 * What other packages of this workspace build on, and nobody else: parts of PyTorch programs. It changes without notice.
 */
export { helperCode } from "./python/helpers.ts";
export { optimizerHelpers } from "./torch/counterparts/optimizers.ts";
export { helpers as moduleHelpers } from "./torch/counterparts/prelude.ts";
export { pytorchParts } from "./torch/export-pytorch.ts";
export type { ProgramParts } from "./torch/exporter.ts";
