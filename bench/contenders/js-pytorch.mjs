/**
 * js-pytorch, in plain JavaScript on nested arrays: for the toys.
 *
 * Its Adam leaves out the correction of the first steps; a learning rate and eps that change with the step put it in.
 */
import { torch } from "js-pytorch";
import { adam } from "../lib/workloads.mjs";
import { inTurn } from "./support.mjs";

const { nn, optim } = torch;

function nested({ shape, data }) {
  if (shape.length === 1) return Array.from(data);
  const [rows, columns] = shape;
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));
}

function linear(weights, name) {
  const [inputs, outputs] = weights[`${name}.kernel`].shape;
  const layer = new nn.Linear(inputs, outputs);
  layer.W = torch.tensor(nested(weights[`${name}.kernel`]), true);
  layer.b = torch.tensor(nested(weights[`${name}.bias`]), true);
  return layer;
}

function training({ weights, batches }, prepare, forward) {
  const count = Object.keys(weights).length / 2;
  const layers = Array.from({ length: count }, (_, i) => linear(weights, `dense${i + 1}`));
  const optimizer = new optim.Adam(
    layers.flatMap(({ W, b }) => [W, b]),
    adam.lr,
    0,
    [adam.beta1, adam.beta2],
    adam.eps,
  );
  let steps = 0;
  const step = (batch) => {
    steps++;
    const root = Math.sqrt(1 - adam.beta2 ** steps);
    optimizer.lr = (adam.lr * root) / (1 - adam.beta1 ** steps);
    optimizer.eps = adam.eps * root;
    const loss = forward(layers, batch);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  };
  const run = inTurn(batches.map(prepare), step, (loss) => [Number(loss.data)]);
  return Object.assign(run, { layers });
}

const floats = ({ x, y }) => ({ x: torch.tensor(nested(x)), y: torch.tensor(nested(y)) });

/** Of probabilities: -mean(y log p + (1 - y) log(1 - p)). */
function binaryCrossEntropy(p, y) {
  const one = torch.log(p).mul(y);
  const other = torch.log(p.neg().add(1)).mul(y.neg().add(1));
  return one.add(other).mean(0).mean(0).neg();
}

const ones = (like) => torch.ones(like.shape);
const sigmoid = (z) => torch.div(ones(z), torch.exp(z.neg()).add(1));
/** 2 sigmoid(2 z) - 1: there is no tanh. */
const tanh = (z) => sigmoid(z.mul(2)).mul(2).add(-1);

function oneNeuron(start) {
  const run = training(start, floats, ([layer], { x, y }) => binaryCrossEntropy(sigmoid(layer.forward(x)), y));
  return (n) => {
    run(n);
    const [{ W, b }] = run.layers;
    return [W.data[0][0], b.data[0]];
  };
}

function moons(start) {
  return training(start, floats, ([first, second, third], { x, y }) => {
    const hidden = tanh(second.forward(tanh(first.forward(x))));
    return binaryCrossEntropy(sigmoid(third.forward(hidden)), y);
  });
}

function digits(start) {
  const [relu, crossEntropy] = [new nn.ReLU(), new nn.CrossEntropyLoss()];
  return training(start, floats, ([first, ...further], { x, y }) =>
    crossEntropy.forward(
      further.reduce((hidden, layer) => layer.forward(relu.forward(hidden)), first.forward(x)),
      y,
    ),
  );
}

export async function open() {
  return { "W1-loop": oneNeuron, W2: moons, W3: digits, W10: digits, digits };
}
