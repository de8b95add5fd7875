/**
 * Data sets: reading, generating, splitting and scaling.
 */
export { type CsvData, type CsvFeatures, type CsvOptions, parseCsv, readCsv } from "./csv.ts";
export { encodeIdx, type IdxType, parseIdx, readIdx, writeIdx } from "./idx.ts";
export { type ClassName, encodeLabels, toCategorical } from "./labels.ts";
export { type LabelledImages, loadMnist } from "./mnist.ts";
