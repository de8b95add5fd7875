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
export { Conv1d, type Conv1dOptions, Conv2d, type Conv2dOptions } from "./convolution.ts";
export { Dense, type DenseOptions, Linear, type LinearOptions } from "./dense.ts";
export { Dropout, type DropoutOptions, type RandomLayerOptions } from "./dropout.ts";
export * from "./embedding.ts";
export { type GatedOptions, GEGLU, GLU, SwiGLU } from "./gated.ts";
export {
  GlobalAvgPool1d,
  GlobalAvgPool2d,
  GlobalMaxPool1d,
  GlobalMaxPool2d,
  type GlobalPool1dOptions,
  type GlobalPoolCall,
} from "./global-pooling.ts";
export { GroupNorm, type GroupNormOptions } from "./group-norm.ts";
export { InstanceNorm, type InstanceNormOptions } from "./instance-norm.ts";
export { Layer, withoutInitialization } from "./layer.ts";
export { maskOf } from "./mask-passing.ts";
export { Masking, type MaskingOptions } from "./masking.ts";
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
  Minimum,
  Multiply,
  Subtract,
} from "./merging.ts";
export {
  type AttentionCall,
  type AttentionResult,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from "./multi-head-attention.ts";
export {
  AlphaDropout,
  GaussianNoise,
  type GaussianNoiseOptions,
  SpatialDropout1d,
  type SpatialDropout1dOptions,
  SpatialDropout2d,
} from "./noise.ts";
export { BatchNorm, type BatchNormOptions, LayerNorm, type LayerNormOptions } from "./norm.ts";
export type { LayerOptions, OptionCheck } from "./options.ts";
export {
  Cropping1d,
  type Cropping1dOptions,
  Cropping2d,
  type Cropping2dOptions,
  type Padding1dOptions,
  type Padding2dOptions,
  ReflectionPad1d,
  ReflectionPad2d,
  ZeroPadding1d,
  ZeroPadding2d,
} from "./padding.ts";
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
export { GRU, type GRUOptions, LSTM, type LSTMOptions, SimpleRNN, type SimpleRNNOptions } from "./recurrent.ts";
export { Residual, type ResidualOptions } from "./residual.ts";
export {
  type Interpolation,
  PixelShuffle,
  type PixelShuffleOptions,
  Resizing,
  type ResizingOptions,
  UpSampling1d,
  type UpSampling1dOptions,
} from "./resizing.ts";
export { RMSNorm, type RMSNormOptions } from "./rms-norm.ts";
export { RNN, type SequenceCall, SequenceLayer, type SequenceOptions, type SequenceResult } from "./rnn.ts";
export {
  DepthwiseConv1d,
  type DepthwiseConv1dOptions,
  DepthwiseConv2d,
  type DepthwiseConv2dOptions,
  SeparableConv1d,
  type SeparableConv1dOptions,
  SeparableConv2d,
  type SeparableConv2dOptions,
} from "./separable-convolution.ts";
export {
  Flatten,
  Identity,
  Lambda,
  type LambdaOptions,
  Permute,
  type PermuteOptions,
  RepeatVector,
  type RepeatVectorOptions,
  Reshape,
  type ReshapeOptions,
} from "./shaping.ts";
export type { State } from "./state.ts";
export { TimeDistributed } from "./time-distributed.ts";
export { Transformer, type TransformerCall, type TransformerOptions } from "./transformer.ts";
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
export {
  ConvTranspose1d,
  type ConvTranspose1dOptions,
  ConvTranspose2d,
  type ConvTranspose2dOptions,
} from "./transposed-convolution.ts";
export { WeightNorm } from "./weight-norm.ts";
export { LayerWithOptions } from "./with-options.ts";
