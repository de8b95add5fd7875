/**
 * TensorFlow.js on its plain JavaScript backend ("cpu") and on WebAssembly ("wasm"; one thread, it has no more in Node).
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { adam, gptSizes } from "../lib/workloads.mjs";
import { inTurn, oneHot } from "./support.mjs";

const make = ({ shape, data }) => tf.tensor(data, shape, data instanceof Int32Array ? "int32" : "float32");
const makeAll = (arrays) => Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, make(array)]));

const newAdam = () => tf.train.adam(adam.lr, adam.beta1, adam.beta2, adam.eps);

/** Steps of training with Adam; `lossOf(variables, batch)`. */
function training({ weights, batches }, lossOf) {
  const variables = Object.fromEntries(
    Object.entries(weights).map(([name, array]) => [name, tf.variable(make(array), true, name)]),
  );
  const optimizer = newAdam();
  const list = Object.values(variables);
  let last = null;
  const step = (batch) => {
    last?.dispose();
    last = optimizer.minimize(() => lossOf(variables, batch), true, list);
    return last;
  };
  const steps = inTurn(batches.map(makeAll), step, (loss) => [loss.dataSync()[0]]);
  return Object.assign(steps, { variables });
}

const dense = (w, name, x) => x.matMul(w[`${name}.kernel`]).add(w[`${name}.bias`]);

function mlp(w, count, activation, x) {
  let values = x;
  for (let i = 1; i <= count; i++) {
    values = dense(w, `dense${i}`, values);
    if (i < count) values = activation(values);
  }
  return values;
}

/** max(z, 0) - z y + log(1 + e^-|z|), as tf.losses.sigmoidCrossEntropy, which has it per element. */
const bceWithLogits = (logits, y) => tf.losses.sigmoidCrossEntropy(y, logits);
const crossEntropy = (logits, rows) => tf.losses.softmaxCrossEntropy(rows, logits);

const withRows = (batches, count) => batches.map(({ x, y }) => ({ x, y: oneHot(y, count) }));

function digits({ weights, batches }) {
  const layers = Object.keys(weights).length / 2;
  return training({ weights, batches: withRows(batches, 10) }, (w, { x, y }) =>
    crossEntropy(mlp(w, layers, tf.relu, x), y),
  );
}

function fit({ weights, batches }) {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 1, inputShape: [1], activation: "sigmoid" }));
  model.setWeights(Object.values(weights).map(make));
  model.compile({ optimizer: newAdam(), loss: "binaryCrossentropy" });
  const [x, y] = ["x", "y"].map((name) => tf.tensor2d(batches.map((batch) => [batch[name].data[0]])));
  return async (n) => {
    await model.fit(x, y, { epochs: n / 2, batchSize: 1, shuffle: false, verbose: 0, yieldEvery: "never" });
    return model.getWeights().map((each) => each.dataSync()[0]);
  };
}

function loop(start) {
  const steps = training(start, (w, { x, y }) => bceWithLogits(dense(w, "dense1", x), y));
  return (n) => {
    steps(n);
    return Object.values(steps.variables).map((each) => each.dataSync()[0]);
  };
}

function someOf(result) {
  const flat = result.dataSync();
  return [0, 0.3, 0.7, 1].map((share) => flat[Math.floor(share * (flat.length - 1))]);
}

function matmul({ batches: [{ x, y }] }) {
  const [a, b] = [make(x), make(y)];
  let last = null;
  const step = () => {
    last?.dispose();
    last = a.matMul(b);
    return last;
  };
  return inTurn([null], step, someOf);
}

function layerNorm(w, name, x) {
  const centred = x.sub(x.mean(-1, true));
  const variance = centred.square().mean(-1, true);
  return centred.mul(variance.add(1e-5).rsqrt()).mul(w[`${name}.scale`]).add(w[`${name}.shift`]);
}

/** A dense layer on each step of [batch, time, features]. */
const onSteps = (w, name, x) =>
  dense(w, name, x.reshape([-1, x.shape[2]])).reshape([x.shape[0], x.shape[1], w[`${name}.bias`].shape[0]]);

function gelu(x) {
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return inner.tanh().add(1).mul(x).mul(0.5);
}

function gpt({ weights, batches }) {
  const { layers, width, heads, context, vocabulary, batch } = gptSizes;
  const none = tf.zeros([width]);
  const unseen = tf.tensor2d(
    Array.from({ length: context }, (_, i) => Array.from({ length: context }, (_, j) => (j > i ? -1e9 : 0))),
  );
  const attention = (w, name, x) => {
    const parts = onSteps(w, `${name}.qkv`, x).reshape([batch, context, 3, heads, width / heads]);
    const [q, k, v] = tf.unstack(parts.transpose([2, 0, 3, 1, 4]));
    const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(width / heads));
    const seen = tf.matMul(tf.softmax(scores.add(unseen)), v);
    return onSteps(w, `${name}.out`, seen.transpose([0, 2, 1, 3]).reshape([batch, context, width]));
  };
  const lossOf = (w, { x, y }) => {
    // Not gather: the WebAssembly backend has no gradient for it.
    let values = onSteps({ "tokens.kernel": w.tokens, "tokens.bias": none }, "tokens", x).add(w.positions);
    for (let i = 1; i <= layers; i++) {
      const name = `block${i}`;
      values = values.add(attention(w, name, layerNorm(w, `${name}.norm1`, values)));
      const inner = gelu(onSteps(w, `${name}.inner`, layerNorm(w, `${name}.norm2`, values)));
      values = values.add(onSteps(w, `${name}.outer`, inner));
    }
    return crossEntropy(onSteps(w, "head", layerNorm(w, "norm", values)), y);
  };
  const rows = batches.map(({ x, y }) => ({ x: oneHot(x, vocabulary), y: oneHot(y, vocabulary) }));
  return training({ weights, batches: rows }, lossOf);
}

function softmaxCrossEntropy({ weights, batches: [{ y }] }) {
  const logits = tf.variable(make(weights.logits));
  const rows = make(oneHot(y, 1000));
  let last = null;
  const step = () => {
    if (last) tf.dispose([last.value, last.grads]);
    last = tf.variableGrads(() => crossEntropy(logits, rows), [logits]);
    return last;
  };
  return inTurn([null], step, ({ value, grads }) => [value.dataSync()[0], ...someOf(Object.values(grads)[0])]);
}

function adamUpdate({ weights, batches: [{ gradient }] }) {
  const weight = tf.variable(make(weights.weight), true, "weight");
  const given = make(gradient);
  const optimizer = newAdam();
  const step = () => {
    optimizer.applyGradients({ weight: given });
  };
  return inTurn([null], step, () => someOf(weight));
}

function lstm({ weights, batches }) {
  const [units, length] = [64, 50];
  const lossOf = (w, { x, y }) => {
    const inputs = tf.unstack(
      tf
        .matMul(x.reshape([-1, 8]), w["lstm.kernel"])
        .add(w["lstm.bias"])
        .reshape([-1, length, 4 * units]),
      1,
    );
    let h = tf.zeros([x.shape[0], units]);
    let c = h;
    for (const input of inputs) {
      const [i, f, g, o] = tf.split(input.add(tf.matMul(h, w["lstm.recurrent"])), 4, 1);
      c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      h = o.sigmoid().mul(c.tanh());
    }
    return bceWithLogits(dense(w, "head", h), y);
  };
  return training({ weights, batches }, lossOf);
}

const slow = "too slow on the cpu backend to be worth the time";
export const missing = {
  W7: "no float64",
  W4: slow,
  W6: "a gradient for convolution is missing in the wasm backend, and the cpu backend is too slow for it",
  W8: slow,
  W11: slow,
  "W5-512": slow,
  "W5-1024": slow,
};

export async function open(backend) {
  if (backend === "wasm") {
    const wasm = await import("@tensorflow/tfjs-backend-wasm");
    const file = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(`${dirname(file)}/`);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`no backend ${backend}`);
  await tf.ready();
  const small = {
    W1: fit,
    "W1-loop": loop,
    W2: (start) => training(start, (w, { x, y }) => bceWithLogits(mlp(w, 3, tf.tanh, x), y)),
    W3: digits,
    "W5-64": matmul,
    "W5-256": matmul,
    W9: softmaxCrossEntropy,
    W9b: adamUpdate,
    W10: digits,
    digits,
  };
  if (backend === "cpu") return small;
  return { ...small, W4: digits, "W5-512": matmul, "W5-1024": matmul, W8: gpt, W11: lstm };
}
