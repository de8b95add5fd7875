/**
 * convnetjs, one example at a time: for one neuron. It has no Adam (its "adam" lacks eps as others have it), hence the
 * update is written here over its weights.
 */
import convnetjs from "convnetjs";
import { adam } from "../lib/workloads.mjs";
import { inTurn } from "./support.mjs";

function oneNeuron({ weights, batches }) {
  const net = new convnetjs.Net();
  net.makeLayers([
    { type: "input", out_sx: 1, out_sy: 1, out_depth: 1 },
    { type: "fc", num_neurons: 1, activation: "sigmoid" },
  ]);
  const [, neuron, sigmoid] = net.layers;
  neuron.filters[0].w[0] = weights["dense1.kernel"].data[0];
  neuron.biases.w[0] = 0;
  const params = net.getParamsAndGrads();
  const moments = params.map(() => ({ m: 0, v: 0 }));
  let steps = 0;
  const step = ({ x, y }) => {
    steps++;
    const p = net.forward(x, true).w[0];
    // The gradient of binary cross-entropy by the probability; the layers take it back from there.
    sigmoid.out_act.dw[0] = (p - y) / (p * (1 - p));
    sigmoid.backward();
    neuron.out_act.dw[0] = sigmoid.in_act.dw[0];
    neuron.backward();
    const [fix1, fix2] = [1 - adam.beta1 ** steps, 1 - adam.beta2 ** steps];
    params.forEach(({ params: w, grads }, i) => {
      const moment = moments[i];
      moment.m = adam.beta1 * moment.m + (1 - adam.beta1) * grads[0];
      moment.v = adam.beta2 * moment.v + (1 - adam.beta2) * grads[0] ** 2;
      w[0] -= (adam.lr * (moment.m / fix1)) / (Math.sqrt(moment.v / fix2) + adam.eps);
      grads[0] = 0;
    });
  };
  const examples = batches.map(({ x, y }) => ({ x: new convnetjs.Vol([x.data[0]]), y: y.data[0] }));
  return inTurn(examples, step, () => [neuron.filters[0].w[0], neuron.biases.w[0]]);
}

export const missing = Object.fromEntries(
  ["W2", "W3", "digits"].map((id) => [id, "takes one example at a time: a batch is as many passes"]),
);

export async function open() {
  return { "W1-loop": oneNeuron };
}
