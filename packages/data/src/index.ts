/**
 * Data sets: reading, generating, splitting and scaling.
 */
export { type BatchesOptions, batches } from "./batches.ts";
export { type CsvData, type CsvFeatures, type CsvOptions, parseCsv, readCsv } from "./csv.ts";
export type { GeneratedData, GeneratedDataOptions } from "./generated.ts";
export { encodeIdx, type IdxType, parseIdx, readIdx, writeIdx } from "./idx.ts";
export { type ClassName, encodeLabels, toCategorical } from "./labels.ts";
export { cutmix, type MixingOptions, mixup } from "./mixing.ts";
export { type LabelledImages, loadMnist } from "./mnist.ts";
export {
  type MakeBlobsOptions,
  makeBlobs,
  makeCircles,
  makeMoons,
  makeSpirals,
  makeXor,
  type NoisyDataOptions,
} from "./planar-data.ts";
export {
  type MakeClassificationOptions,
  type MakeRegressionOptions,
  makeClassification,
  makeRegression,
} from "./problems.ts";
export { takeRows } from "./rows.ts";
export { MinMaxScaler, type ScalerJSON, StandardScaler } from "./scalers.ts";
export { type ProgressFunction, type ReadOptions, readBytes, type Source } from "./source.ts";
export { type KFoldOptions, type KFoldSplit, kFold, type TrainTestSplitOptions, trainTestSplit } from "./split.ts";
export {
  type PadSequencesOptions,
  padSequences,
  splitCharacters,
  splitWords,
  type Tokenizer,
  Vocabulary,
  type VocabularyJSON,
  type VocabularyOptions,
} from "./text.ts";
