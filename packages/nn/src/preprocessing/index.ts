/**
 * What is done to data before a model sees them, as layers: it goes where the model goes.
 */
export { CategoryEncoding, type CategoryEncodingOptions, type CategoryOutput } from "./category-encoding.ts";
export { Normalization, type NormalizationOptions } from "./normalization.ts";
export {
  RandomCrop,
  type RandomCropOptions,
  RandomFlip,
  type RandomFlipOptions,
  type RandomRange,
  RandomRotation,
  type RandomRotationOptions,
  type RandomTransformOptions,
  RandomTranslation,
  type RandomTranslationOptions,
  RandomZoom,
  type RandomZoomOptions,
} from "./random-images.ts";
export { Rescaling, type RescalingOptions } from "./rescaling.ts";
export type { FillMode } from "./sampling.ts";
