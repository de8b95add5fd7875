/**
 * Files: models with all that belongs to them, tensors in the formats of others.
 */
export { type CheckpointInfo, latestCheckpoint } from "./checkpoint/store.ts";
export { type LoadKerasWeightsOptions, loadKerasWeights } from "./foreign/keras.ts";
export type { ForeignOptions } from "./foreign/options.ts";
export { type LoadTorchWeightsOptions, loadTorchWeights } from "./foreign/torch.ts";
export {
  encodeNpy,
  parseNpy,
  readNpy,
  writeNpy,
} from "./formats/npy.ts";
export { encodeNpz, type NpzLimits, type NpzOptions, parseNpz, readNpz, writeNpz } from "./formats/npz.ts";
export { encodePng, type PngOptions } from "./formats/png.ts";
export {
  encodeSafetensors,
  parseSafetensors,
  readSafetensors,
  type Safetensors,
  type SafetensorsOptions,
  writeSafetensors,
} from "./formats/safetensors.ts";
export { type ExportJaxOptions, exportJax, type JaxProgram, jaxProgram } from "./jax/export-jax.ts";
export { JSONLLogger, type JSONLLoggerOptions } from "./logging/jsonl-logger.ts";
export { TensorBoard, type TensorBoardImage, type TensorBoardOptions } from "./logging/tensorboard.ts";
export {
  encodeAll,
  encodeModel,
  type LoadOptions,
  loadAll,
  loadModel,
  type Parts,
  parseAll,
  parseModel,
  saveAll,
} from "./model/file.ts";
export type { LoadReport } from "./model/state.ts";
export { type LoadWeightsOptions, loadWeights, saveWeights } from "./model/weights.ts";
export { type Exportable, type ExportOnnxOptions, encodeOnnx, exportOnnx } from "./onnx/export-onnx.ts";
export {
  type BatchTensors,
  type ExportPyTorchOptions,
  exportPyTorch,
  type PyTorchProgram,
  pytorchProgram,
} from "./torch/export-pytorch.ts";
