/**
 * NaN and infinities, and the operation where they begin: on the way to the loss, or on the way back.
 */
import { gradients, type Tensor } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { GraphOp } from "../program/graph.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { countNonFinite, short } from "./statistics.ts";

/** What to do about the operations in which they usually begin. */
const remedies: Readonly<Record<string, string>> = {
  log: "Keep its input above 0: x.clamp(1e-7).log(); for probabilities take a loss that takes logits, or logSoftmax.",
  div: "Keep the divisor away from 0: x.div(y.add(1e-7)); a column without deviation is to be left out, or divided by 1.",
  sqrt: "Its slope at 0 is infinite: x.add(1e-12).sqrt().",
  exp: "It overflows above 88 in float32: take softmax, logSumExp or a loss that takes logits, which take the largest off first.",
  pow: "A power of a negative number, or a power below 1 at 0, has no finite value or slope: clamp its input.",
  sub: "Infinity minus infinity: look at what made its inputs infinite.",
};
const remedy = (name: string) =>
  remedies[name] ?? "Keep its input where its value and slope are finite: clamp it, or add a small number.";

export const nonFinite: Rule = {
  name: "non-finite",
  explanation: "Whatever is computed of NaN is NaN: after one such step every weight is lost.",
  kind: "numbers",
  *check(context) {
    const { loss } = context;
    if (loss === null) return;
    const found = countNonFinite(loss) > 0 ? beginsForward(context) : beginsBackward(context);
    if (found) yield found;
  },
};

function beginsForward(context: DiagnosisContext): Evidence | null {
  const { program, graph, parameters } = context;
  for (const [what, tensors] of [
    ["inputs", program.inputs],
    ["targets", program.targets],
  ] as const)
    for (const tensor of tensors) {
      const at = firstNonFinite(tensor);
      if (at >= 0)
        return {
          evidence: `The ${what} have ${countNonFinite(tensor)} numbers that are NaN or infinite, the first ${tensor.storage[at]} at ${placeOf(tensor, at)}.`,
          fix: "Clean the data: drop or fill in what is missing, and look at divisions by a deviation of 0 when it was scaled.",
        };
    }
  for (const [name, parameter] of parameters)
    if (countNonFinite(context.valueOf(parameter)) > 0)
      return {
        evidence: `${countNonFinite(context.valueOf(parameter))} of ${parameter.size} numbers of ${name} are NaN or infinite already.`,
        fix: "Make the model anew, and train with a tenth of the learning rate and with clipNorm: 1; fit with debugNaN: true stops where it begins.",
      };
  const nodes = graph.ops.filter(({ output }) => countNonFinite(output.tensor) > 0);
  // A mask may be of infinities: what comes of them as it should is finite, or NaN begins after them.
  const begins =
    nodes.find((node) => hasNaN(node.output.tensor) && !node.inputs.some(({ tensor }) => hasNaN(tensor))) ??
    nodes.find((node) => !node.inputs.some(({ tensor }) => countNonFinite(tensor) > 0));
  return begins ? tellOf(begins, infiniteBehind(begins)) : null;
}

/** The operation that made an infinity of which another made NaN. */
function infiniteBehind(node: GraphOp): GraphOp {
  const before = node.inputs.find(({ tensor, producer }) => producer && countNonFinite(tensor) > 0)?.producer;
  return before ? infiniteBehind(before) : node;
}

function tellOf(node: GraphOp, origin: GraphOp): Evidence {
  const { op, output, layer, line } = origin;
  const at = firstNonFinite(output.tensor);
  const later = origin === node ? "" : `, and ${node.op.name} makes NaN of it`;
  return {
    evidence: `${op.name}(${operands(origin, at)}) is ${output.tensor.storage[at]} at ${placeOf(output.tensor, at)}, as are ${countNonFinite(output.tensor)} of its ${output.tensor.size} results${later}.`,
    fix: remedy(op.name),
    layer: layer?.title,
    line: line(),
  };
}

/** The numbers that an operation had for one of its results, where it works element by element. */
function operands({ inputs, output }: GraphOp, at: number): string {
  return inputs
    .map(({ tensor }) => {
      if (tensor.size === 1) return short(tensor.storage[0]);
      return tensor.size === output.tensor.size ? short(tensor.storage[at]) : valueFor(tensor, output.tensor, at);
    })
    .join(", ");
}

/** The element of an input that is broadcast to the result's shape; the input's shape where it is none. */
function valueFor(input: Tensor, output: Tensor, at: number): string {
  const shape = input.shape;
  let [rest, index, stride] = [at, 0, 1];
  for (let axis = output.rank - 1; axis >= 0; axis--) {
    const length = output.shape[axis];
    const own = shape[axis - output.rank + shape.length];
    if (own !== undefined) {
      if (own !== 1 && own !== length) return `[${shape.join(", ")}]`;
      index += own === 1 ? 0 : (rest % length) * stride;
      stride *= own;
    }
    rest = Math.floor(rest / length);
  }
  return stride === input.size ? short(input.storage[index]) : `[${shape.join(", ")}]`;
}

function beginsBackward(context: DiagnosisContext): Evidence | null {
  const { loss, graph } = context;
  const bad = [...context.parameters].find(([, parameter]) => {
    const gradient = context.gradientOf(parameter);
    return gradient !== null && countNonFinite(gradient) > 0;
  });
  if (!bad) return null;
  const nodes = graph.ops.filter(({ output }) => output?.tensor.requiresGrad);
  const fallback: Evidence = {
    evidence: `The loss is ${short(context.lossValue)}, and the gradient of ${bad[0]} has ${countNonFinite(context.gradientOf(bad[1])!)} numbers that are NaN or infinite.`,
    fix: remedy(""),
  };
  if (context.hasTakenStep || !loss?.requiresGrad || loss.size !== 1) return fallback;
  const found = context.trial(() =>
    gradients(
      [loss],
      nodes.map(({ output }) => output.tensor),
      { retainGraph: true },
    ),
  );
  const isBad = new Map(nodes.map(({ output }, i) => [output.tensor, countNonFinite(found[i]) > 0]));
  // The nearest to the loss: its own gradient is finite, and what it sends back is not.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (isBad.get(node.output.tensor)) continue;
    const sends = node.inputs.find(
      ({ tensor, parameter, consumers }) =>
        (isBad.get(tensor) ?? (parameter !== null && isOf(context, parameter) && consumers.length === 1)) &&
        !consumers.some((other) => other !== node && isBad.get(other.output?.tensor)),
    );
    if (!sends) continue;
    const input = sends.tensor;
    const gradient = nodes.findIndex(({ output }) => output.tensor === input);
    const at = gradient >= 0 ? firstNonFinite(found[gradient]) : 0;
    return {
      evidence: `The loss is finite (${short(context.lossValue)}), but the gradient that ${node.op.name} sends back is ${gradient >= 0 ? found[gradient].storage[at] : "not"} at ${placeOf(input, at)}, where its input is ${short(input.storage[at])}.`,
      fix: remedy(node.op.name),
      layer: node.layer?.title,
      line: node.line(),
    };
  }
  return fallback;
}

function isOf(context: DiagnosisContext, parameter: Tensor): boolean {
  const gradient = context.gradientOf(parameter as never);
  return gradient !== null && countNonFinite(gradient) > 0;
}

function firstNonFinite({ storage }: Tensor): number {
  for (let i = 0; i < storage.length; i++) if (!Number.isFinite(storage[i])) return i;
  return -1;
}

function hasNaN({ storage }: Tensor): boolean {
  for (let i = 0; i < storage.length; i++) if (Number.isNaN(storage[i])) return true;
  return false;
}

/** An index as the user counts: [3, 0]. */
function placeOf({ shape }: Tensor, at: number): string {
  const index: number[] = [];
  let rest = at;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return `[${index.join(", ")}]`;
}
