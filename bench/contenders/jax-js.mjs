/**
 * jax-js on WebAssembly: compiled ("jit") and eager ("eager").
 *
 * Its arrays count their references by hand: each use but the last is `.ref`. Adam is written by hand, because
 * the step count must stay outside the compiled function: with it inside, jax-js is slower and its `pow` inexact.
 */
import { init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { adam, gptSizes } from "../lib/workloads.mjs";
import { inTurn, oneHot } from "./support.mjs";

const make = ({ shape, data }) =>
  np.array(data, { dtype: data instanceof Int32Array ? np.int32 : np.float32 }).reshape(shape);
const makeAll = (arrays) => Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, make(array)]));

/** Adam for one array; `rate` and `root` hold what depends on the step. All arguments are used up. */
function update(w, g, m, v, rate, root) {
  const nextM = m.mul(adam.beta1).add(g.ref.mul(1 - adam.beta1));
  const nextV = v.mul(adam.beta2).add(np.square(g).mul(1 - adam.beta2));
  const size = np.sqrt(nextV.ref).div(root).add(adam.eps);
  return [w.sub(nextM.ref.mul(rate).div(size)), nextM, nextV];
}

/** What of Adam depends on the step. */
function scalarsOf(step) {
  return [np.array(adam.lr / (1 - adam.beta1 ** step)), np.array(Math.sqrt(1 - adam.beta2 ** step))];
}

/** Steps of training with Adam; `lossOf(weights, x, y)` uses up its arguments. */
function training(compile, { weights, batches }, lossOf) {
  const names = Object.keys(weights);
  let state = {
    w: makeAll(weights),
    m: Object.fromEntries(names.map((name) => [name, np.zeros(weights[name].shape)])),
    v: Object.fromEntries(names.map((name) => [name, np.zeros(weights[name].shape)])),
  };
  const run = compile(({ w, m, v }, x, y, rate, root) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(w), x, y);
    const next = { w: {}, m: {}, v: {} };
    for (const name of names) {
      const [nextW, nextM, nextV] = update(w[name], gradients[name], m[name], v[name], rate.ref, root.ref);
      Object.assign(next.w, { [name]: nextW });
      Object.assign(next.m, { [name]: nextM });
      Object.assign(next.v, { [name]: nextV });
    }
    rate.dispose();
    root.dispose();
    return [loss, next];
  });
  let count = 0;
  let last = null;
  const step = ({ x, y }) => {
    last?.dispose();
    [last, state] = run(state, x.ref, y.ref, ...scalarsOf(++count));
    return last;
  };
  const steps = inTurn(batches.map(makeAll), step, (loss) => [loss.ref.js()]);
  return Object.assign(steps, { state: () => state });
}

const dense = (w, name, x) => np.matmul(x, w[`${name}.kernel`]).add(w[`${name}.bias`]);

function mlp(w, count, activation, x) {
  let values = x;
  for (let i = 1; i <= count; i++) {
    values = dense(w, `dense${i}`, values);
    if (i < count) values = activation(values);
  }
  return values;
}

const crossEntropy = (logits, rows) => nn.logSoftmax(logits, -1).mul(rows).sum(-1).mean().neg();
/** softplus(z) - z y. */
const bceWithLogits = (logits, y) => nn.softplus(logits.ref).sub(logits.mul(y)).mean();

const withRows = ({ weights, batches }, count) => ({
  weights,
  batches: batches.map(({ x, y }) => ({ x, y: oneHot(y, count) })),
});

const digits = (compile) => (start) => {
  const layers = Object.keys(start.weights).length / 2;
  return training(compile, withRows(start, 10), (w, x, y) => crossEntropy(mlp(w, layers, nn.relu, x), y));
};

const loop = (compile) => (start) => {
  const steps = training(compile, start, (w, x, y) => bceWithLogits(dense(w, "dense1", x), y));
  return (n) => {
    steps(n);
    return Object.values(steps.state().w).map((each) => each.ref.dataSync()[0]);
  };
};

function someOf(result) {
  const flat = result.ref.dataSync();
  return [0, 0.3, 0.7, 1].map((share) => flat[Math.floor(share * (flat.length - 1))]);
}

const matmul =
  (compile) =>
  ({ batches: [{ x, y }] }) => {
    const [a, b] = [make(x), make(y)];
    const multiply = compile((left, right) => np.matmul(left, right));
    let last = null;
    const step = () => {
      last?.dispose();
      last = multiply(a.ref, b.ref);
      // Nothing need be computed before someone reads it; copying it out takes a hundredth of the time.
      last.ref.dataSync();
      return last;
    };
    return inTurn([null], step, someOf);
  };

const lenet = (compile) => (start) => {
  const block = (w, name, x) => {
    const images = lax.conv(x, w[`${name}.kernel`], [1, 1], "VALID");
    const bias = w[`${name}.bias`];
    return lax.reduceWindow(nn.relu(images.add(bias.reshape([bias.shape[0], 1, 1]))), np.max, [2, 2], [2, 2]);
  };
  return training(compile, withRows(start, 10), (w, x, y) =>
    crossEntropy(dense(w, "dense1", block(w, "conv2", block(w, "conv1", x)).reshape([-1, 256])), y),
  );
};

function layerNorm(w, name, x) {
  const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
  const variance = np.square(centred.ref).mean(-1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(w[`${name}.scale`])
    .add(w[`${name}.shift`]);
}

const gpt = (compile) => (start) => {
  const { layers, width, heads, context, vocabulary, batch } = gptSizes;
  const split = (x) => x.reshape([batch, context, heads, width / heads]).transpose([0, 2, 1, 3]);
  const attention = (w, name, x) => {
    const [q, k, v] = np.split(dense(w, `${name}.qkv`, x), 3, -1).map(split);
    const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(width / heads));
    const seen = np.tri(context, context).reshape([1, 1, context, context]);
    const weights = nn.softmax(scores.add(seen.sub(1).mul(1e9)), -1);
    return dense(w, `${name}.out`, np.matmul(weights, v).transpose([0, 2, 1, 3]).reshape([batch, context, width]));
  };
  const lossOf = (w, x, y) => {
    let values = np.matmul(x, w.tokens).add(w.positions);
    for (let i = 1; i <= layers; i++) {
      const name = `block${i}`;
      values = values.ref.add(attention(w, name, layerNorm(w, `${name}.norm1`, values)));
      const inner = nn.gelu(dense(w, `${name}.inner`, layerNorm(w, `${name}.norm2`, values.ref)));
      values = values.add(dense(w, `${name}.outer`, inner));
    }
    return crossEntropy(dense(w, "head", layerNorm(w, "norm", values)), y);
  };
  const batches = start.batches.map(({ x, y }) => ({ x: oneHot(x, vocabulary), y }));
  return training(compile, withRows({ ...start, batches }, vocabulary), lossOf);
};

const softmaxCrossEntropy =
  (compile) =>
  ({ weights, batches: [{ y }] }) => {
    const [logits, rows] = [make(weights.logits), make(oneHot(y, 1000))];
    const run = compile((z, target) => valueAndGrad(crossEntropy)(z, target));
    let last = null;
    const step = () => {
      last?.forEach((each) => {
        each.dispose();
      });
      last = run(logits.ref, rows.ref);
      // As with products: what nobody reads is not computed.
      last[1].ref.dataSync();
      return last;
    };
    return inTurn([null], step, ([loss, gradient]) => [loss.ref.js(), ...someOf(gradient)]);
  };

const adamUpdate =
  (compile) =>
  ({ weights, batches: [{ gradient }] }) => {
    const given = make(gradient);
    let [w, m, v] = [make(weights.weight), np.zeros([1_000_000]), np.zeros([1_000_000])];
    const run = compile(update);
    let count = 0;
    const step = () => {
      [w, m, v] = run(w, given.ref, m, v, ...scalarsOf(++count));
    };
    return inTurn([null], step, () => someOf(w));
  };

const lstm = (compile) => (start) => {
  const [units, length] = [64, 50];
  return training(compile, start, (w, x, y) => {
    const inputs = np.split(np.matmul(x, w["lstm.kernel"]).add(w["lstm.bias"]), length, 1);
    let h = np.zeros([32, units]);
    let c = np.zeros([32, units]);
    inputs.forEach((input, t) => {
      const recurrent = t < length - 1 ? w["lstm.recurrent"].ref : w["lstm.recurrent"];
      const sums = input.reshape([32, 4 * units]).add(np.matmul(h, recurrent));
      const [i, f, g, o] = np.split(sums, 4, 1);
      c = nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(g)));
      h = nn.sigmoid(o).mul(np.tanh(t < length - 1 ? c.ref : c));
    });
    return bceWithLogits(dense(w, "head", h), y);
  });
};

export const missing = {
  W1: "has no fit",
  W7: "has float64, but nothing to compare here",
  W10: "W10 is without a compiler",
};

export async function open(variant) {
  // Without the name it looks for a browser's `navigator` and fails in Node 20.
  await init("wasm");
  const isJit = variant === "jit";
  const compile = isJit ? jit : (f) => f;
  if (!isJit) return { W10: digits(compile) };
  return {
    "W1-loop": loop(compile),
    W2: (start) => training(compile, start, (w, x, y) => bceWithLogits(mlp(w, 3, np.tanh, x), y)),
    W3: digits(compile),
    digits: digits(compile),
    W4: digits(compile),
    "W5-64": matmul(compile),
    "W5-256": matmul(compile),
    "W5-512": matmul(compile),
    "W5-1024": matmul(compile),
    W6: lenet(compile),
    W8: gpt(compile),
    W9: softmaxCrossEntropy(compile),
    W9b: adamUpdate(compile),
    W11: lstm(compile),
  };
}
