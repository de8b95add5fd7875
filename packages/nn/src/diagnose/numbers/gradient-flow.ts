/**
 * Gradients that vanish or explode from layer to layer.
 */
import { gradients, type Tensor } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { Rule } from "../program/rule.ts";
import { type Product, productsOf } from "./products.ts";
import { length, short } from "./statistics.ts";

/**
 * Well initialised, each layer passes on a gradient of about the same length (Glorot & Bengio 2010; He et al. 2015). With
 * Glorot's weights a relu passes on 0.7 of it, with PyTorch's for Linear 0.4: ten such layers have 3e-4 and still learn.
 */
const vanished = 1e-4;
/** As far in the other direction as is usual in none of these. */
const exploded = 1e3;
/** Fewer layers than this are no way for a gradient to get lost on. */
const fewestLayers = 3;

interface Flow {
  readonly product: Product;
  /** The length of the gradient at what comes out of it, all uses of its weights together. */
  readonly arrived: number;
}

const key = {};

/** The gradients that arrive at what comes out of each product with weights, the one nearest to the data first. */
function flowOf(context: DiagnosisContext): readonly Flow[] {
  return context.once(key, () => {
    // Of a step that has been taken only the gradients of weights are left.
    if (context.hasTakenStep) return [];
    const products = productsOf(context).filter(({ node }) => node.output.tensor.requiresGrad);
    const { loss } = context;
    if (products.length < 2 || !loss?.requiresGrad || loss.size !== 1) return [];
    const outputs = products.map(({ node }) => node.output.tensor);
    const found = context.trial(() => gradients([loss], outputs, { retainGraph: true }));
    const perWeight = new Map<Tensor, { product: Product; sum: number }>();
    products.forEach((product, i) => {
      const known = perWeight.get(product.weight) ?? { product, sum: 0 };
      perWeight.set(product.weight, { ...known, sum: Math.hypot(known.sum, length(found[i].storage)) });
    });
    return [...perWeight.values()]
      .map(({ product, sum }) => ({ product, arrived: sum }))
      .sort((a, b) => a.product.depth - b.product.depth);
  });
}

export const vanishingGradients: Rule = {
  name: "vanishing-gradients",
  explanation: "The layers near the data get next to no gradient, and stay as they were drawn.",
  kind: "numbers",
  *check(context) {
    // The last layer may start at 0, where nothing arrives before it in the first step.
    const hidden = flowOf(context).slice(0, -1);
    if (hidden.length < fewestLayers) return;
    const [first, last] = [hidden[0], hidden[hidden.length - 1]];
    if (!(last.arrived > 0 && first.arrived < vanished * last.arrived)) return;
    yield {
      ...tell(context, hidden, first, last),
      fix: 'Take activation: "relu" and kernelInitializer: "he_normal" (for tanh "glorot_uniform"), or put a BatchNorm or LayerNorm between the layers.',
    };
  },
};

export const explodingGradients: Rule = {
  name: "exploding-gradients",
  explanation:
    "The layers near the data get gradients so large that no learning rate fits them and the last layers both.",
  kind: "numbers",
  *check(context) {
    const flow = flowOf(context);
    const last = flow.at(-1);
    if (!last || !(last.arrived > 0)) return;
    const most = flow.reduce((a, b) => (b.arrived > a.arrived ? b : a));
    if (!(most.arrived > exploded * last.arrived)) return;
    yield {
      ...tell(context, flow, most, last),
      fix: 'Start with kernelInitializer: "he_normal" for relu or "glorot_uniform" for tanh ("orthogonal" for weights that are used at each time step), and clip: new Adam({ clipNorm: 1 }).',
    };
  },
};

function tell({ parameters }: DiagnosisContext, flow: readonly Flow[], there: Flow, last: Flow) {
  const nameOf = ({ product }: Flow) =>
    [...parameters].find(([, parameter]) => parameter === product.weight)?.[0] ?? "a weight";
  const { layer, line } = there.product.node;
  const ratio = there.arrived / last.arrived;
  const layers = flow.length - 1;
  return {
    evidence: `At ${nameOf(there)} a gradient of length ${short(there.arrived)} arrives, at ${nameOf(last)} one of ${short(last.arrived)}: ${short(ratio)} times as much${layers > 1 ? `, by ${short(ratio ** (1 / layers))} a layer over ${layers} layers` : ""}.`,
    layer: layer?.title,
    line: line(),
  };
}
