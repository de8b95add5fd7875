/**
 * How each class and function of the public index is called with all of its arguments, options last: what is tried with
 * arguments that make no sense. One that is missing here is an error of the test.
 */
import { Generator, parameter, type Tensor, tensor, zeros } from "@chainrule/core";
import * as nn from "../src/index.ts";
import { layerTable } from "./layer-table.ts";

/** All arguments of a call; the last is an object of options where there are any. */
export type Arguments = readonly unknown[];

const weights = () => [parameter(tensor([1, 2]))];
const rnn = { units: 2 };
const block = { embedDim: 4, heads: 2, dropout: 0 };
const [p, t] = [
  [0.9, 0.2, 0.6],
  [1, 0, 0],
];
const rows = [
  [0.7, 0.3],
  [0.2, 0.8],
];
const vectors = [
  [1, 2],
  [3, 4],
];
const kernel = { filters: 2, kernelSize: 2 };
const identity = (x: Tensor) => x;
const fittable = () => {
  const model = new nn.Sequential([new nn.Dense({ units: 1, inputDim: 2 })]);
  return model.compile({ optimizer: "sgd", loss: "mse" });
};
const optimizers = [
  "SGD",
  "RMSprop",
  "Adagrad",
  "Adadelta",
  "Adam",
  "AdamW",
  "Adamax",
  "NAdam",
  "Adafactor",
  "Ftrl",
  "Lion",
  "Muon",
  "RAdam",
  "Rprop",
] as const;
/** Layers that take nothing but options, none of which is needed. */
const optional = [
  ...["Add", "Average", "Concatenate", "Dot", "Maximum", "Multiply", "Flatten", "BatchNorm", "LayerNorm", "RMSNorm"],
  ...[
    "ReLU",
    "LeakyReLU",
    "ELU",
    "SELU",
    "GELU",
    "SiLU",
    "Mish",
    "Sigmoid",
    "Tanh",
    "Softplus",
    "Softmax",
    "LogSoftmax",
  ],
  ...["PReLU", "GlobalAvgPool1d", "GlobalAvgPool2d", "GlobalMaxPool1d", "GlobalMaxPool2d", "MaxPool1d", "MaxPool2d"],
  ...["AvgPool1d", "AvgPool2d", "UpSampling1d", "UpSampling2d", "PositionalEncoding"],
  ...["Identity", "GLU", "GEGLU", "SwiGLU", "InstanceNorm", "Subtract", "Minimum", "Masking", "Normalization"],
];
/** Metrics that take nothing. */
const bare = ["LogLoss", "Brier", "RocAuc", "AveragePrecision", "MeanSquaredError", "MeanAbsoluteError", "R2"].concat(
  "RootMeanSquaredError",
  "ExplainedVariance",
  "Pearson",
  "Spearman",
);

/** The classes. */
export const classes: Readonly<Record<string, () => Arguments>> = {
  ...Object.fromEntries(optimizers.map((name) => [name, () => [weights(), {}]])),
  ...Object.fromEntries(optional.map((name) => [name, () => [{}]])),
  ...Object.fromEntries([...bare, "CosineSimilarity", "TerminateOnNaN", "History"].map((name) => [name, () => []])),
  ...Object.fromEntries(["Accuracy", "Matthews", "Precision", "Recall", "F1"].map((name) => [name, () => [{}]])),
  ExpectedCalibrationError: () => [{}],
  ...Object.fromEntries(
    ["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives", "Specificity", "IoU", "MeanIoU"]
      .concat("BalancedAccuracy", "CohenKappa", "ExactMatch", "HammingLoss")
      .map((name) => [name, () => [{}]]),
  ),
  PrecisionAtRecall: () => [0.5],
  RecallAtPrecision: () => [0.5],
  SensitivityAtSpecificity: () => [0.5],
  SpecificityAtSensitivity: () => [0.5],
  Mean: () => [() => 1, {}],
  TopKAccuracy: () => [3],
  FBeta: () => [2, {}],
  Activation: () => ["relu", {}],
  AdaptiveAvgPool2d: () => [[2, 2], {}],
  Bidirectional: () => [new nn.LSTM(rnn), {}],
  Conv1d: () => [kernel],
  Conv2d: () => [kernel],
  ConvTranspose2d: () => [kernel],
  ConvTranspose1d: () => [kernel],
  Cropping1d: () => [1, {}],
  Cropping2d: () => [1, {}],
  Dense: () => [2, {}],
  DepthwiseConv1d: () => [{ kernelSize: 2 }],
  DepthwiseConv2d: () => [{ kernelSize: 2 }],
  Dropout: () => [0.5, {}],
  AlphaDropout: () => [0.5, {}],
  GaussianNoise: () => [0.5, {}],
  SpatialDropout1d: () => [0.5, {}],
  SpatialDropout2d: () => [0.5, {}],
  Embedding: () => [{ inputDim: 5, outputDim: 2 }],
  GroupNorm: () => [{ groups: 2 }],
  GRU: () => [rnn],
  GRUCell: () => [rnn],
  LSTM: () => [rnn],
  LSTMCell: () => [rnn],
  SimpleRNN: () => [rnn],
  SimpleRNNCell: () => [rnn],
  RNN: () => [new nn.GRUCell(rnn), {}],
  Lambda: () => [identity, {}],
  Linear: () => [2, 3, {}],
  MultiHeadAttention: () => [{ embedDim: 4, heads: 2 }],
  Permute: () => [[2, 1], {}],
  PixelShuffle: () => [2, {}],
  PositionEmbedding: () => [{ maxLength: 4 }],
  ReflectionPad1d: () => [1, {}],
  ReflectionPad2d: () => [1, {}],
  CategoryEncoding: () => [{ numTokens: 3 }],
  RandomCrop: () => [{ height: 2, width: 2 }],
  RandomFlip: () => ["vertical", {}],
  RandomRotation: () => [0.1, {}],
  RandomTranslation: () => [{ heightFactor: 0.1, widthFactor: 0.1 }],
  RandomZoom: () => [0.1, {}],
  Rescaling: () => [0.5, {}],
  RepeatVector: () => [2, {}],
  Reshape: () => [[2, 2], {}],
  Residual: () => [[new nn.Dense(2)], {}],
  Resizing: () => [{ height: 2, width: 3 }],
  SeparableConv1d: () => [kernel],
  SeparableConv2d: () => [kernel],
  TimeDistributed: () => [new nn.Dense(2), {}],
  ZeroPadding1d: () => [1, {}],
  ZeroPadding2d: () => [1, {}],
  Transformer: () => [{ ...block, numEncoderLayers: 1, numDecoderLayers: 1 }],
  WeightNorm: () => [new nn.Dense(2), {}],
  TransformerDecoder: () => [{ ...block, numLayers: 1 }],
  TransformerDecoderLayer: () => [block],
  TransformerEncoder: () => [{ ...block, numLayers: 1 }],
  TransformerEncoderLayer: () => [block],
  CSVLogger: () => ["log.csv", {}],
  EarlyStopping: () => [{}],
  HistogramRecorder: () => [{}],
  LambdaCallback: () => [{}],
  ModelCheckpoint: () => ["checkpoints", {}],
  LearningRateScheduler: () => [() => 0.1],
  ReduceLROnPlateau: () => [{}],
  Rewind: () => [{}],
  LBFGS: () => [weights(), {}],
  AveragedModel: () => [new nn.Dense(2), {}],
  ReduceOnPlateau: () => [new nn.SGD(weights()), {}],
  Sequential: () => [[new nn.Dense(2)], {}],
  Functional: () => {
    const x = nn.input([2]);
    return [{ inputs: x, outputs: new nn.Dense(2).call(x) }];
  },
};

/** Bases of users' classes, and what only the library makes. */
export const bases = [
  "Callback",
  "Layer",
  "LayerWithOptions",
  "MeanMetric",
  "Metric",
  "Model",
  "Module",
  "Optimizer",
  "RecurrentCell",
  "SequenceLayer",
  "Symbolic",
];

const schedule = { lr: 0.1, steps: 10 };
const metric = () => [p, t, {}];
const matrix = [
  [1, 2],
  [0, 3],
];

/** The functions, those in namespaces by path. */
export const functions: Readonly<Record<string, () => Arguments>> = {
  attentionWeights: () => [zeros([1, 2, 4]), zeros([1, 3, 4]), {}],
  scaledDotProductAttention: () => [zeros([1, 2, 4]), zeros([1, 3, 4]), zeros([1, 3, 4]), {}],
  causalMask: () => [3, 3],
  maskOf: () => [zeros([2])],
  paddingMask: () => [[[1, 0]], 0],
  sinusoidalPositions: () => [3, 4, {}],
  clipGradNorm: () => [weights(), 1],
  useAverages: () => [new nn.SGD(weights(), { useEma: true })],
  stepOptions: () => [{}],
  clipGradValue: () => [weights(), 1],
  cosineDecay: () => [schedule],
  cosineRestarts: () => [schedule],
  diagnose: () => [compiled(), [[[0, 1]], [[1]]], {}],
  cyclic: () => [{ baseLr: 0.1, maxLr: 0.2, stepsUp: 2 }],
  inverseTimeDecay: () => [{ lr: 0.1, decay: 1 }],
  piecewiseConstant: () => [{ boundaries: [2], values: [0.1, 0.01] }],
  sequential: () => [[() => 0.1], { milestones: [] }],
  exponentialDecay: () => [{ lr: 0.1, gamma: 0.9 }],
  linearDecay: () => [schedule],
  multiStepDecay: () => [{ lr: 0.1, milestones: [1, 2] }],
  chained: () => [[() => 0.1]],
  oneCycleMomentum: () => [{ steps: 10 }],
  oneCycle: () => [{ maxLr: 0.1, steps: 10 }],
  polynomialDecay: () => [schedule],
  findLearningRate: () => [fittable(), vectors, t.slice(0, 2), { seed: 1, steps: 10, startLr: 1e-3, endLr: 0.5 }],
  rewindable: () => [() => 0, { w: weights()[0] }, {}],
  stepDecay: () => [{ lr: 0.1, every: 2 }],
  warmup: () => [0.1, { steps: 2 }],
  input: () => [[2], {}],
  maxNorm: () => [{}],
  nonNegative: () => [],
  unitNorm: () => [{}],
  parametersToVector: () => [weights()],
  vectorToParameters: () => [[1, 2], weights()],
  l1: () => [0.1],
  l2: () => [0.1],
  l1l2: () => [{}],
  "initializers.calculateGain": () => ["relu", 0.1],
  "initializers.constant": () => [1],
  "initializers.identity": () => [{}],
  "initializers.orthogonal": () => [{}],
  "initializers.randomNormal": () => [{}],
  "initializers.randomUniform": () => [{}],
  "initializers.truncatedNormal": () => [{}],
  "initializers.varianceScaling": () => [{}],
  "initializers.xavierNormal": () => [{}],
  "initializers.xavierUniform": () => [{}],
  "initializers.kaimingNormal": () => [{}],
  "initializers.kaimingUniform": () => [{}],
  ...Object.fromEntries(
    ["zeros", "ones", "glorotNormal", "glorotUniform", "heNormal", "heUniform", "lecunNormal", "lecunUniform"].map(
      (name) => [`initializers.${name}`, () => []],
    ),
  ),
  ...Object.fromEntries(
    ["accuracy", "precision", "recall", "f1", "matthews", "confusionMatrix", "rocAuc", "averagePrecision"]
      .concat("logLoss", "brier", "meanSquaredError", "meanAbsoluteError", "r2")
      .concat("truePositives", "falsePositives", "trueNegatives", "falseNegatives", "specificity", "iou", "meanIoU")
      .concat("balancedAccuracy", "cohenKappa", "exactMatch", "hammingLoss", "rootMeanSquaredError")
      .concat("explainedVariance", "pearson", "spearman", "classificationReport")
      .concat("calibrationCurve", "expectedCalibrationError", "precisionRecallCurve", "rocCurve")
      .map((name) => [`metrics.${name}`, metric]),
  ),
  "metrics.cosineSimilarity": () => [vectors, vectors, {}],
  "metrics.topKAccuracy": () => [rows, [0, 1], 1, {}],
  "metrics.fBeta": () => [p, t, 2, {}],
  "metrics.precisionAtRecall": () => [p, t, 0.5, {}],
  "metrics.recallAtPrecision": () => [p, t, 0.5, {}],
  "metrics.sensitivityAtSpecificity": () => [p, t, 0.5, {}],
  "metrics.specificityAtSensitivity": () => [p, t, 0.5, {}],
  "metrics.formatConfusionMatrix": () => [matrix, {}],
};

/** Functions for those who write their own parts, which take anything. */
export const forAuthors = [
  "allSerializable",
  "apply",
  "constructorArgumentsOf",
  "defineOptimizer",
  "findSerializable",
  "initializers.fansOf",
  "madeBy",
  "makingOf",
  "registerSerializable",
  "serializableName",
  "setCheckpointStore",
  "setModelWriter",
  "withoutInitialization",
];

const compiled = () => new nn.Sequential([new nn.Dense({ units: 1, inputDim: 2 })]).compile({ loss: "mse" });

/** A model that was compiled, and the arguments of its methods. */
export function modelCalls(): readonly [name: string, object: object, args: Arguments][] {
  const model = compiled();
  const optimizer = new nn.SGD(model.parameters());
  return [
    ["compile", model, [{ loss: "mse" }]],
    ["fit", model, [vectors, t.slice(0, 2), { verbose: 0 }]],
    ["evaluate", model, [vectors, t.slice(0, 2), {}]],
    ["predict", model, [vectors, {}]],
    ["summary", model, [{ print: () => {} }]],
    ["call", model, [vectors]],
    ["add", new nn.Sequential(), [new nn.Dense(2)]],
    ["pop", new nn.Sequential([new nn.Dense(2)]), []],
    ["train", model, [true]],
    ["eval", model, []],
    ["freeze", new nn.Dense(2), []],
    ["unfreeze", new nn.Dense(2), []],
    ["stateDict", model, []],
    ["loadStateDict", model, [model.stateDict()]],
    ["bind", optimizer, [model]],
    ["step", optimizer, []],
    ["zeroGrad", optimizer, []],
    ["zeroGrad", model, []],
    ["update", new nn.Accuracy(), [tensor(p), tensor(t), tensor([1, 1, 1])]],
    ["reset", new nn.Accuracy(), []],
    ["result", new nn.Accuracy(), []],
    ["call", new nn.LSTM({ units: 2 }), [zeros([1, 2, 3]), {}]],
    ["call", new nn.Dense(2), [zeros([1, 2])]],
  ];
}

/** Layers with weights, by the name of their class: for what is done to a layer after it was made. */
export const madeLayers = layerTable.map(
  ({ name, make }) => [name, () => make({ dtype: "float32", generator: new Generator(1) })] as const,
);
