/**
 * Data sets: reading, generating, splitting and scaling.
 */
export { type BatchesOptions, batches } from "./batches.ts";
export { type CsvData, type CsvFeatures, type CsvOptions, parseCsv, readCsv } from "./csv.ts";
export type { GeneratedData, GeneratorOptions } from "./generated.ts";
export { encodeIdx, type IdxType, parseIdx, readIdx, writeIdx } from "./idx.ts";
export { type ClassName, encodeLabels, toCategorical } from "./labels.ts";
export { type LabelledImages, loadMnist } from "./mnist.ts";
export { type ClassificationOptions, makeClassification, makeRegression, type RegressionOptions } from "./problems.ts";
export { type Part, type Rows, takeRows } from "./rows.ts";
export { MinMaxScaler, StandardScaler } from "./scale.ts";
export type { Seeded } from "./seeded.ts";
export {
  type BlobOptions,
  makeBlobs,
  makeCircles,
  makeMoons,
  makeSpirals,
  makeXor,
  type ShapeOptions,
} from "./shapes.ts";
export { type Fold, type KFoldOptions, kFold, type SplitOptions, trainTestSplit } from "./split.ts";
export {
  type PadOptions,
  padSequences,
  splitCharacters,
  splitWords,
  type Tokenizer,
  Vocabulary,
  type VocabularyOptions,
} from "./text.ts";
