/**
 * chainrule itself: compiled ("jit", on one thread or on two), through `fit` ("fit"), eager ("eager"), and the scalar engine
 * ("scalar").
 */
import { adam, gptSizes } from "../lib/workloads.mjs";
import { inTurn } from "./support.mjs";

const {
  Adam,
  concat,
  Conv2d,
  crossEntropy,
  binaryCrossEntropyWithLogits: bceWithLogits,
  Dense,
  Embedding,
  Flatten,
  gelu,
  jit,
  LSTM,
  MaxPool2d,
  Module,
  parameter,
  Sequential,
  SGD,
  setNumThreads,
  ScalarMLP,
  tensor,
  TransformerEncoder,
  Value,
  valueAndGrad,
  buffer,
} = await import(process.env.BENCH_CHAINRULE ?? "chainrule");

const adamOptions = { lr: adam.lr, betas: [adam.beta1, adam.beta2], eps: adam.eps };

const toTensor = ({ shape, data }) =>
  tensor(data, { dtype: data instanceof Int32Array ? "int32" : "float32" }).reshape(shape);
const toTensors = (arrays) =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, toTensor(array)]));

/** The workload's names of what our layers call otherwise. */
const names = [
  [/^tokens$/, "tokens.embeddings"],
  [/^block(\d)\./, (_, number) => `blocks.layers.${number - 1}.`],
  [/\.qkv\.kernel$/, ".attention.inKernel"],
  [/\.qkv\.bias$/, ".attention.inBias"],
  [/\.out\.kernel$/, ".attention.outKernel"],
  [/\.out\.bias$/, ".attention.outBias"],
  [/\.(inner|outer)\./, ".feedForward.$1."],
  [/\.norm1\./, ".attentionNorm."],
  [/\.norm2\./, ".feedForwardNorm."],
  [/^norm\./, "blocks.norm."],
  [/\.scale$/, ".gamma"],
  [/\.shift$/, ".beta"],
  [/^lstm\.recurrent$/, "lstm.cell.recurrentKernel"],
  [/^lstm\.(kernel|bias)$/, "lstm.cell.$1"],
];

/** Gives a model's weights the values to start from: in a Sequential in their order, otherwise by name. */
function begin(model, weights) {
  const parameters = model.namedParameters();
  const inOrder = [...parameters.values()];
  Object.entries(weights).forEach(([name, value], i) => {
    const own = names.reduce((text, [from, to]) => text.replace(from, to), name);
    const found = model instanceof Sequential ? inOrder[i] : parameters.get(own);
    if (!found) throw new Error(`no weight ${own} among ${[...parameters.keys()]}`);
    found.assign(toTensor(value));
  });
  if (inOrder.length !== Object.keys(weights).length) throw new Error(`other weights: ${[...parameters.keys()]}`);
  return model;
}

/** Steps of training a model with Adam. */
function training(compile, { weights, batches }, model, lossOf) {
  begin(model, weights);
  const optimizer = new Adam(model, adamOptions);
  const step = compile(({ x, y }) => {
    const loss = lossOf(model.call(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.detach();
  });
  return inTurn(batches.map(toTensors), step, (loss) => [loss.item()]);
}

/** Dense layers of these sizes. */
function mlp(sizes, activation) {
  const model = new Sequential();
  sizes.slice(1).forEach((units, i) => {
    const isLast = i === sizes.length - 2;
    model.add(new Dense({ units, inputDim: sizes[i], activation: isLast ? undefined : activation }));
  });
  return model;
}

function lenet() {
  const model = new Sequential();
  model.add(new Conv2d({ filters: 8, kernelSize: 5, activation: "relu", inputShape: [1, 28, 28] }));
  model.add(new MaxPool2d({ kernelSize: 2 }));
  model.add(new Conv2d({ filters: 16, kernelSize: 5, activation: "relu" }));
  model.add(new MaxPool2d({ kernelSize: 2 }));
  model.add(new Flatten());
  model.add(new Dense({ units: 10 }));
  return model;
}

class GPT extends Module {
  constructor({ layers, width, heads, context, vocabulary }) {
    super();
    this.tokens = new Embedding({ inputDim: vocabulary, outputDim: width });
    this.positions = parameter(tensor(new Float32Array(context * width)).reshape([context, width]));
    this.blocks = new TransformerEncoder({
      numLayers: layers,
      embedDim: width,
      heads,
      dropout: 0,
      activation: (x) => gelu(x, { approximate: "tanh" }),
      normFirst: true,
    });
    this.head = new Dense({ units: vocabulary, inputDim: width });
  }

  call(x) {
    return this.head.call(this.blocks.call(this.tokens.call(x).add(this.positions), { causal: true }));
  }
}

class Recurrent extends Module {
  constructor() {
    super();
    this.lstm = new LSTM({ units: 64, inputDim: 8 });
    // The other frameworks' cells have one bias; trained, a second one would double its steps.
    this.lstm.cell.recurrentBias = null;
    this.head = new Dense({ units: 1, inputDim: 64 });
  }

  call(x) {
    return this.head.call(this.lstm.call(x));
  }
}

/** One neuron through `compile` and `fit`; the figures are its weights. */
function fit(useJit) {
  return ({ weights, batches }) => {
    const model = new Sequential();
    model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
    begin(model, weights);
    model.compile({ optimizer: new Adam(adamOptions), loss: "binary_crossentropy" });
    const [x, y] = ["x", "y"].map((name) => batches.map((batch) => [batch[name].data[0]]));
    return async (n) => {
      await model.fit(x, y, { epochs: n / 2, batchSize: 1, shuffle: false, verbose: 0, jit: useJit });
      return [...model.parameters()].map((each) => each.item());
    };
  };
}

/** A multilayer perceptron through `fit`; one step alone is its loss on the first batch, which a step would begin with. */
function fitMlp(sizes, activation, loss, named) {
  return ({ weights, batches }) => {
    const model = begin(mlp(sizes, activation), weights);
    model.compile({ optimizer: new Adam(adamOptions), loss: named });
    const each = batches.map(toTensors);
    const [x, y] = ["x", "y"].map((name) => concat(each.map((batch) => batch[name])));
    const batchSize = each[0].x.shape[0];
    return async (n) => {
      if (n === 1) return [loss(model.call(each[0].x), each[0].y).item()];
      await model.fit(x, y, { epochs: n / batches.length, batchSize, shuffle: false, verbose: 0 });
    };
  };
}

/** The neuron in a loop; the probability comes from the logit, as in `fit`. */
function loop(compile) {
  return (start) => {
    const model = mlp([1, 1]);
    const steps = training(compile, start, model, bceWithLogits);
    return (n) => {
      steps(n);
      return [...model.parameters()].map((each) => each.item());
    };
  };
}

function matmul(compile) {
  return ({ batches: [{ x, y }] }) => {
    const multiply = compile((a, b) => a.matmul(b));
    const [a, b] = [toTensor(x), toTensor(y)];
    return inTurn([null], () => multiply(a, b), someOf);
  };
}

/** A few elements, from the first to the last; without reading all the others, which would be timed. */
function someOf(result) {
  const last = result.size - 1;
  const places = [0, 0.3, 0.7, 1].map((share) => Math.floor(share * last));
  return result
    .reshape([-1])
    .gather(tensor(places, { dtype: "int32" }))
    .toArray();
}

/** The gradient goes into a variable, as it would go on into the layers below. */
function softmaxCrossEntropy(compile) {
  return ({ weights, batches: [{ y }] }) => {
    const logits = parameter(toTensor(weights.logits));
    const gradient = buffer(toTensor(weights.logits));
    const step = compile((labels) => {
      const [loss, ofLogits] = valueAndGrad((z) => crossEntropy(z, labels))(logits);
      gradient.assign(ofLogits);
      return loss;
    });
    return inTurn([toTensor(y)], step, (loss) => [loss.item(), ...someOf(gradient)]);
  };
}

function adamUpdate(compile) {
  return ({ weights, batches: [{ gradient }] }) => {
    const weight = parameter(toTensor(weights.weight));
    const given = buffer(toTensor(gradient));
    const optimizer = new Adam([weight], adamOptions);
    const step = compile(() => {
      weight.grad = given;
      optimizer.step();
      return [];
    });
    return inTurn([null], step, () => someOf(weight.detach()));
  };
}

/** What the scalar engine does, in tensors of float64. */
function float64Mlp(compile) {
  return ({ weights, batches }) => {
    const to64 = (array) => toTensor(array).cast("float64");
    const values = Object.values(weights).map((array) => parameter(to64(array)));
    const optimizer = new SGD(values, { lr: 0.5 });
    const step = compile(({ x, y }) => {
      const [w1, b1, w2, b2, w3, b3] = values;
      const hidden = x.matmul(w1).add(b1).tanh().matmul(w2).add(b2).tanh();
      const loss = bceWithLogits(hidden.matmul(w3).add(b3), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.detach();
    });
    const tensors = batches.map(({ x, y }) => ({ x: to64(x), y: to64(y) }));
    return inTurn(tensors, step, (loss) => [loss.item()]);
  };
}

function scalarMlp({ weights, batches: [{ x, y }] }) {
  const network = new ScalarMLP([2, 16, 16, 1], { activation: "tanh", seed: 1 });
  network.layers.forEach((layer, l) => {
    const [kernel, bias] = [weights[`dense${l + 1}.kernel`], weights[`dense${l + 1}.bias`]];
    layer.neurons.forEach((neuron, unit) => {
      neuron.bias.data = bias.data[unit];
      neuron.weights.forEach((weight, i) => {
        weight.data = kernel.data[i * kernel.shape[1] + unit];
      });
    });
  });
  const examples = Array.from(y.data, (target, i) => ({ inputs: [x.data[2 * i], x.data[2 * i + 1]], target }));
  const step = () => {
    const loss = Value.mean(
      examples.map(({ inputs, target }) => {
        const [logit] = network.call(inputs);
        return logit.softplus().sub(logit.mul(target));
      }),
    );
    network.zeroGrad();
    loss.backward();
    for (const each of network.parameters()) each.data -= 0.5 * each.grad;
    return loss;
  };
  return inTurn([null], step, (loss) => [loss.data]);
}

export const missing = {
  W7: "the scalar engine is the contender `scalar`",
  W10: "W10 is without a compiler",
};

/** @param compiler what to compile with: `explain.mjs` looks at what goes through it. */
export async function open(variant, compiler = jit) {
  if (variant === "scalar") return { W7: scalarMlp };
  if (variant === "fit")
    return {
      "W1-loop": fit(true),
      W2: fitMlp([2, 16, 16, 1], "tanh", bceWithLogits, "binaryCrossEntropyWithLogits"),
      digits: fitMlp([64, 128, 64, 10], "relu", crossEntropy, "crossEntropy"),
    };
  const isJit = variant.startsWith("jit");
  if (variant === "jit, 2 threads") await setNumThreads(2);
  const compile = isJit ? compiler : (f) => f;
  const train = (model, loss) => (start) => training(compile, start, model(), loss);
  const digits = (sizes) => train(() => mlp(sizes, "relu"), crossEntropy);
  const all = {
    W1: fit(isJit),
    "W1-loop": loop(compile),
    W2: train(() => mlp([2, 16, 16, 1], "tanh"), bceWithLogits),
    W3: digits([784, 128, 10]),
    W4: digits([784, 512, 512, 10]),
    digits: digits([64, 128, 64, 10]),
    W6: train(lenet, crossEntropy),
    W7: float64Mlp(compile),
    W8: train(
      () => new GPT(gptSizes),
      (logits, y) => crossEntropy(logits.reshape([-1, gptSizes.vocabulary]), y.reshape([-1])),
    ),
    W9: softmaxCrossEntropy(compile),
    W9b: adamUpdate(compile),
    W11: train(() => new Recurrent(), bceWithLogits),
    ...Object.fromEntries([64, 256, 512, 1024].map((size) => [`W5-${size}`, matmul(compile)])),
  };
  if (!isJit) all.W10 = digits([784, 128, 10]);
  return all;
}
