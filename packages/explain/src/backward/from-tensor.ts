/**
 * The explanation of a recorded computation of tensors.
 */
import { Parameter, type Tensor, zerosLike } from "@chainrule/core";
import { formulaOf } from "@chainrule/core/formulas";
import {
  nodeOf,
  observeBackward,
  type Recorded,
  recorded,
  sameShape,
  type TapeEntry,
  type TapeNode,
} from "@chainrule/core/internal";
import { layersOf, parameterNames } from "@chainrule/viz/internal";
import { derivativeFormula, type Letters, sentFormula, valueFormula } from "../explanation/formula.ts";
import { uniqueNames } from "../explanation/names.ts";
import { numbersOf } from "../explanation/numbers.ts";
import type { BackwardData, BackwardStep, ExplainedNode, Sent, Term } from "../explanation/types.ts";
import { noFormula } from "./from-value.ts";
import { localNumbers } from "./local.ts";

/** What an explanation of tensors takes besides the result. */
export interface TensorSettings {
  readonly names: Readonly<Record<string, Tensor>>;
  readonly maxElements: number;
  readonly gradient?: Tensor;
  /** Where in the program a step was made, where that is known. */
  readonly lineOf?: (step: TapeEntry) => string | undefined;
  /** Arguments of a function that were made to require a gradient. */
  readonly inputs?: ReadonlySet<Tensor>;
}

/** Everything that a tensor was made of, and the way back, as data. */
export function dataOfTensor(where: string, result: Tensor, settings: TensorSettings): BackwardData {
  const computation = recorded(where, result);
  const names = namesOf(computation, settings.names);
  const nodes = nodesOf(computation, names, settings);
  return { kind: "backward", result: nodes.length - 1, nodes, steps: stepsOf(result, computation, nodes, settings) };
}

/** What nodes are called: as they were given, by their path in the model, or v1, v2, … */
export function namesOf(computation: readonly Recorded[], given: Readonly<Record<string, Tensor>>): string[] {
  const labels = new Map<TapeNode, string>(parameterNames(computation));
  for (const [name, x] of Object.entries(given)) labels.set(nodeOf(x), name);
  return uniqueNames(
    computation.map(({ node, tensor }) => ({
      label: labels.get(node) ?? "",
      ...(kindOf(tensor) === "constant" && { constant: tensor.item() }),
    })),
  );
}

/** What a node is. */
export function kindOf(x: Tensor, given?: ReadonlySet<Tensor>): ExplainedNode["kind"] {
  if (x.tapeEntry) return "op";
  if (x.leaf instanceof Parameter || (x.requiresGrad && !given?.has(x))) return "parameter";
  return x.rank === 0 ? "constant" : "input";
}

function lettersOf(names: readonly string[], inputs: readonly number[], id: number): Letters {
  return { inputs: inputs.map((input) => names[input]), output: names[id], result: names[names.length - 1] };
}

function nodesOf(
  computation: readonly Recorded[],
  names: readonly string[],
  { maxElements, lineOf, inputs: given }: TensorSettings,
): ExplainedNode[] {
  const layers = layersOf(computation);
  return computation.map(({ tensor, inputs }, id) => {
    const step = tensor.tapeEntry;
    const formula = step && formulaOf(step.op, step.attributes);
    const line = step && lineOf?.(step);
    return {
      id,
      kind: kindOf(tensor, given),
      name: names[id],
      ...(step && { op: step.op.name }),
      ...(layers[id].length > 0 && { layers: layers[id] }),
      ...(line && { line }),
      inputs,
      ...(formula && { formula: valueFormula(formula, lettersOf(names, inputs, id)) }),
      ...(step &&
        !formula && { note: hasOwnGradient(step) ? ownGradient(step, names[inputs[0]]) : noFormula(step.op.name) }),
      value: numbersOf(tensor, maxElements),
      requiresGrad: tensor.requiresGrad,
    };
  });
}

/** Whether `customGradient` made it: the result stands first among its inputs, cut off from what made it. */
function hasOwnGradient({ op, inputs }: TapeEntry): boolean {
  return op.kernel === "view" && inputs!.length > 1 && !inputs![0].requiresGrad;
}

function ownGradient({ op }: TapeEntry, result: string): string {
  return `${op.name} has a gradient rule of its own (customGradient); its result, ${result}, was computed apart`;
}

/** What was seen of the backward pass at a node. */
interface Seen {
  readonly terms: { readonly from: number; readonly argument: number; readonly sent: Tensor }[];
  arrived?: Tensor;
  gradient?: Tensor;
}

function stepsOf(
  result: Tensor,
  computation: readonly Recorded[],
  nodes: readonly ExplainedNode[],
  { maxElements, gradient }: TensorSettings,
): BackwardStep[] {
  const ids = new Map(computation.map(({ node }, id) => [node, id]));
  const seen: Seen[] = nodes.map(() => ({ terms: [] }));
  observeBackward(result, gradient, {
    onGradient: (node, arrived, gradient) => Object.assign(seen[ids.get(node)!], { arrived, gradient }),
    onSent: (step, argument, sent) => {
      const to = ids.get(nodeOf(step.inputs![argument]))!;
      seen[to].terms.push({ from: ids.get(step)!, argument, sent });
    },
  });
  const numbers = (x: Tensor) => numbersOf(x, maxElements);
  const names = nodes.map(({ name }) => name);
  const withGradient = nodes.filter(({ requiresGrad }) => requiresGrad).reverse();
  return withGradient.map(({ id, inputs }): BackwardStep => {
    const { tensor } = computation[id];
    const { terms, arrived, gradient: whole = zerosLike(tensor.detach()) } = seen[id];
    const sends = inputs.flatMap((to, argument): Sent[] => {
      if (!nodes[to].requiresGrad) return [];
      const found = seen[to].terms.find(({ from, argument: as }) => from === id && as === argument);
      const way = { step: tensor.tapeEntry!, letters: lettersOf(names, inputs, id), to, argument };
      return [sentOf(way, whole, found?.sent ?? zerosLike(computation[to].tensor.detach()), maxElements)];
    });
    return {
      node: id,
      terms: terms.map((term): Term => ({ ...term, sent: numbers(term.sent) })),
      gradient: numbers(whole),
      ...(arrived && arrived !== whole && differs(arrived, whole) && { beforeHooks: numbers(arrived) }),
      sends,
    };
  });
}

/** A step, and to which of its inputs it sends. */
interface Way {
  readonly step: TapeEntry;
  readonly letters: Letters;
  readonly to: number;
  readonly argument: number;
}

function sentOf({ step, letters, to, argument }: Way, gradient: Tensor, sent: Tensor, maxElements: number): Sent {
  const lines = formulaOf(step.op, step.attributes);
  const derivative = lines && derivativeFormula(lines, letters, argument);
  const formula = lines && sentFormula(lines, letters, argument);
  const local = localNumbers(step, argument, maxElements);
  const sentNumbers = numbersOf(sent, maxElements);
  return {
    to,
    argument,
    local: { ...(derivative && { formula: derivative }), ...local },
    ...(formula && { formula }),
    sent: sentNumbers,
    isSummed: local.form === "elementwise" && !sameShape(sent.shape, gradient.shape),
    gain: sentNumbers.norm / numbersOf(gradient, 0).norm,
  };
}

function differs(a: Tensor, b: Tensor): boolean {
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  return x.some((number, i) => !Object.is(number, y[i]));
}
