/**
 * The layers.
 */
export * from "./activation.ts";
export { type AttentionOptions, attentionWeights, scaledDotProductAttention } from "./attention.ts";
export { Bidirectional, type BidirectionalOptions } from "./bidirectional.ts";
export {
  type CellCall,
  type CellOptions,
  type CellResult,
  type GatedCellOptions,
  GRUCell,
  LSTMCell,
  type LSTMCellOptions,
  RecurrentCell,
  SimpleRNNCell,
} from "./cells.ts";
export {
  Conv1d,
  type Conv1dOptions,
  Conv2d,
  type Conv2dOptions,
  ConvTranspose2d,
  type ConvTranspose2dOptions,
} from "./convolution.ts";
export { Dense, type DenseOptions, Linear, type LinearOptions } from "./dense.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export {
  GlobalAvgPool1d,
  GlobalAvgPool2d,
  GlobalMaxPool1d,
  GlobalMaxPool2d,
  type GlobalPool1dOptions,
  type GlobalPoolCall,
} from "./global-pooling.ts";
export { GroupNorm, type GroupNormOptions } from "./group-norm.ts";
export { Layer, withoutInitialization } from "./layer.ts";
export { causalMask, paddingMask } from "./masks.ts";
export {
  Add,
  Average,
  Concatenate,
  type ConcatenateOptions,
  Dot,
  type DotOptions,
  Maximum,
  type MergeOptions,
  Multiply,
} from "./merging.ts";
export {
  type AttentionCall,
  type AttentionResult,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from "./multi-head-attention.ts";
export { BatchNorm, type BatchNormOptions, LayerNorm, type LayerNormOptions } from "./norm.ts";
export type { LayerOptions, OptionCheck } from "./options.ts";
export {
  AdaptiveAvgPool2d,
  type AdaptiveAvgPool2dOptions,
  AvgPool1d,
  type AvgPool1dOptions,
  AvgPool2d,
  type AvgPool2dOptions,
  MaxPool1d,
  type MaxPool1dOptions,
  MaxPool2d,
  type MaxPool2dOptions,
  UpSampling2d,
  type UpSampling2dOptions,
} from "./pooling.ts";
export {
  PositionalEncoding,
  type PositionalEncodingOptions,
  PositionEmbedding,
  type PositionEmbeddingOptions,
  sinusoidalPositions,
} from "./positions.ts";
export {
  GRU,
  type GRUOptions,
  LSTM,
  type LSTMOptions,
  RNN,
  type SequenceCall,
  SequenceLayer,
  type SequenceOptions,
  type SequenceResult,
  SimpleRNN,
  type SimpleRNNOptions,
} from "./recurrent.ts";
export { Residual, type ResidualOptions } from "./residual.ts";
export { RMSNorm, type RMSNormOptions } from "./rms-norm.ts";
export { Flatten, Lambda, type LambdaOptions, Reshape, type ReshapeOptions } from "./shaping.ts";
export type { State } from "./state.ts";
export type { StackOptions, TransformerLayerOptions } from "./transformer-block.ts";
export {
  type DecoderCall,
  type DecoderLayerResult,
  type DecoderResult,
  TransformerDecoder,
  TransformerDecoderLayer,
  type TransformerDecoderLayerOptions,
  type TransformerDecoderOptions,
} from "./transformer-decoder.ts";
export {
  type EncoderCall,
  type EncoderLayerResult,
  type EncoderResult,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerEncoderOptions,
} from "./transformer-encoder.ts";
export { LayerWithOptions } from "./with-options.ts";
