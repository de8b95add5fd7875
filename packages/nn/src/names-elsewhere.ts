/**
 * What modules, optimizers and histories of Keras and PyTorch have, and ours have under another name: whoever types it reads what to
 * type instead. It comes with the package's index, as Node and servers for development load it; bundles go without.
 */
import { ModelError } from "@chainrule/core";
import { type NamesElsewhere, teachNames, teachOptions } from "@chainrule/core/internal";
import { History } from "./model/history.ts";
import { Module } from "./module/module.ts";
import { LBFGS } from "./optimizers/lbfgs.ts";
import { Optimizer } from "./optimizers/optimizer.ts";

const stays = "There is one device, and nothing to move: leave the call out.";

const asDType = 'Weights have the dtype that their layer was made with: new Dense({ units: 4, dtype: "float64" }).';
const weights = "Write parameters(), or namedParameters() with their names.";

/** Of modules and models. */
const moduleNames: NamesElsewhere = {
  methods: {
    state_dict: "Write stateDict().",
    load_state_dict: "Write loadStateDict(state).",
    get_weights: "Write stateDict(), which has them by name, or parameters().",
    set_weights: "Write loadStateDict(state).",
    load_weights: "Write loadWeights(model, file), or loadModel(file) for all of it.",
    save_weights: "Write model.save(file), which has the weights and the rest.",
    named_parameters: "Write namedParameters().",
    zero_grad: "Write zeroGrad().",
    requires_grad_: "Write freeze() or unfreeze().",
    getWeights: "Write stateDict(), which has them by name, or parameters().",
    setWeights: "Write loadStateDict(state).",
    predict_classes: "Write predict(x).argmax(-1), or predict(x).greater(0.5) for yes and no.",
    predict_proba: "Write predict(x).",
    score: "Write await evaluate(x, y), which has the loss and the metrics by name.",
    count_params: "Write countParameters().",
    countParams: "Write countParameters().",
    saveWeights: "Write saveWeights(model, file), or model.save(file), which has the weights and the rest.",
    loadWeights: "Write loadWeights(model, file), or loadModel(file) for all of it.",
    load: "Write loadWeights(model, file), or loadModel(file) for all of it.",
    getLayer: "Write model.layers[0], or model.layers.find(({ name }) => name === …).",
    get_layer: "Write model.layers[0], or model.layers.find(({ name }) => name === …).",
    named_modules: "Write namedModules().",
    children: "Write modules(), which begins with the module itself, or layers of a Sequential.",
    register_buffer: "Write this.mean = buffer(zeros([3])): a module finds what its properties hold.",
    register_parameter: "Write this.weight = parameter(…): a module finds what its properties hold.",
    add_module: "Write this.layer = new Dense(3): a module finds what its properties hold.",
    half: asDType,
    double: asDType,
    float: asDType,
    to_json: "Write save(file), which has the weights and the rest.",
    train_on_batch: "Write fit on one batch: fit([[x, y]]).",
    fit_generator: "Write fit, which takes anything that gives batches.",
    to: stays,
    cuda: stays,
    cpu: stays,
    dispose: "There is nothing to free: leave the call out.",
  },
  properties: {
    trainable_variables: weights,
    trainableVariables: weights,
    trainable_weights: weights,
    trainableWeights: weights,
    in_features: "Write layer.kernel.shape[0].",
    out_features: "Write layer.units.",
  },
};

/** Of optimizers. */
const optimizerNames: NamesElsewhere = {
  methods: {
    zero_grad: "Write zeroGrad().",
    state_dict: "Write stateDict().",
    load_state_dict: "Write loadStateDict(state).",
    minimize: "Write zeroGrad(), loss.backward() and step(), or fit of a compiled model.",
    apply_gradients: "Write step(), after loss.backward() has left the gradients.",
    applyGradients: "Write step(), after loss.backward() has left the gradients.",
  },
  properties: { param_groups: "Write optimizer.lr = 0.01 for another learning rate." },
};

const numbers = "The numbers of the epochs stand in history.history, by name: history.history.loss.";

/** Of what `fit` returns. */
const historyNames: NamesElsewhere = {
  properties: { loss: numbers, val_loss: numbers, accuracy: numbers, val_accuracy: numbers, acc: numbers },
};

/** Instead of an error of JavaScript, for a module that has none of its own. */
Object.defineProperty(Module.prototype, "forward", {
  value(this: Module, ..._inputs: unknown[]): never {
    throw new ModelError({
      where: this.name,
      expected: "a method forward(x), which says what it computes",
      got: "none",
    });
  },
  writable: true,
  configurable: true,
});

teachNames(Module.prototype, "module", "something that modules have", moduleNames);
for (const Class of [Optimizer, LBFGS])
  teachNames(Class.prototype, "optimizer", "something that optimizers have", optimizerNames);
teachNames(History.prototype, "history", "something that histories have", historyNames);

const optimizers = "The learning rate is the optimizer's: optimizer: new Adam({ lr: 0.1 }).";
const compiled = "It is an option of compile: model.compile({ optimizer, loss, metrics }).";
const fitted = "It is an option of fit: model.fit(x, y, { epochs, batchSize }).";
const quiet = "Nothing is printed but by fit: leave it out.";
const found =
  "A layer finds the size of its input at the first call: leave it out, or write inputShape, without the batch.";
const causal = "Attention takes it when it is called: attention.call(x, { causal: true }).";
const state = "Recurrent layers take it when they are called: lstm.call(x, { returnState: true }).";
const scores = "Attention takes it when it is called: attention.call(x, { returnWeights: true }).";
const batchFirst = "The batch is the first axis, and of images the channels are the second: leave it out.";
const scaled = "Write scale: false for no gamma, and center: false for no beta.";
const logits =
  "Losses are functions of their own: crossEntropy and binaryCrossEntropyWithLogits take logits, categoricalCrossEntropy, sparseCategoricalCrossEntropy and binaryCrossEntropy probabilities.";
const faster = "Steps are compiled as a whole, by fit or by jit: leave it out.";

/** Options of other libraries, and options in the wrong place. */
teachOptions({
  learning_rate: "lr",
  decay: "weightDecay",
  alpha: "negativeSlope",
  out_features: "units",
  in_features: "inputDim",
  out_channels: "filters",
  channels: "filters",
  output_dim: "units",
  hidden_size: "units",
  hidden_units: "units",
  neurons: "units",
  nodes: "units",
  pool_size: "kernelSize",
  num_heads: "heads",
  nhead: "heads",
  d_model: "embedDim",
  dim_feedforward: "feedForwardDim",
  num_embeddings: "inputDim",
  vocab_size: "inputDim",
  embedding_dim: "outputDim",
  num_groups: "groups",
  epsilon: "eps",
  p: "rate",
  prob: "rate",
  dropout_rate: "rate",
  nonlinearity: "activation",
  beta_1: "betas",
  beta_2: "betas",
  momentum: "betas",
  l2: "weightDecay",
  reduce: "reduction",
  size_average: "reduction",
  count_include_pad: "countIncludePad",
  in_channels: found,
  num_channels: found,
  num_features: found,
  normalized_shape: found,
  input_size: found,
  input_length: found,
  causal,
  is_causal: causal,
  return_state: state,
  return_attention_scores: scores,
  affine: scaled,
  elementwise_affine: scaled,
  batch_first: batchFirst,
  time_major: batchFirst,
  data_format: batchFirst,
  bidirectional: "Write new Bidirectional(new LSTM({ units: 8 })).",
  unroll: "Compiled, equal steps are a loop by themselves: leave it out.",
  track_running_stats: "Running statistics are always kept, and used by eval() and predict: leave it out.",
  key_dim: "Write embedDim, which is the size of all heads together: heads times the size of one.",
  from_logits: logits,
  foreach: faster,
  fused: faster,
  random_state: "seed",
  sep: "delimiter",
  separator: "delimiter",
  label: "target",
  labels: "target",
  target_column: "target",
  one_hot: "categorical",
  names: "header",
  na_values: "missingValues",
  max_grad_norm: "clipNorm",
  max_norm: "clipNorm",
  step_size: "every",
  t_max: "steps",
  total_steps: "steps",
  decay_steps: "steps",
  lr: optimizers,
  loss: compiled,
  optimizer: compiled,
  metrics: compiled,
  epochs: fitted,
  batch_size: fitted,
  callbacks: fitted,
  validation_split: fitted,
  verbose: quiet,
  classes: "Write saveAll(file, { model, classes }), which loadAll(file) reads.",
  scaler: "Write saveAll(file, { model, scaler }), which loadAll(file) reads.",
});
