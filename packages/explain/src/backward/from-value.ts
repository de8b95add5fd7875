/**
 * The explanation of a computation of `Value`s.
 */
import { type Graph, type GraphEdge, graph, type OpFormula, type Value } from "@chainrule/core";
import { formulaByName } from "@chainrule/core/formulas";
import { derivativeFormula, type Letters, sentFormula, texName, valueFormula } from "../explanation/formula.ts";
import { six, uniqueNames } from "../explanation/names.ts";
import { numberOf } from "../explanation/numbers.ts";
import type { BackwardData, BackwardStep, ExplainedNode, Formula, Sent, Term } from "../explanation/types.ts";

/** Everything that a `Value` was made of, and the way back, as data. */
export function dataOfValue(result: Value): BackwardData {
  const computation = graph(result);
  const argumentsOf = edgesInto(computation);
  const { nodes: given } = computation;
  const names = uniqueNames(
    given.map(({ label, op, data }) => ({ label, ...(op === "constant" && { constant: data }) })),
  );
  const isResult = (id: number) => argumentsOf[id].length > 0;
  const nodes = given.map(({ id, op, data }): ExplainedNode => {
    const inputs = argumentsOf[id].map(({ from }) => from);
    const formula = isResult(id) ? formulasOf(op, lettersOf(names, inputs, id)) : null;
    return {
      id,
      kind: isResult(id) ? "op" : op === "constant" ? "constant" : "input",
      name: names[id],
      ...(isResult(id) && { op }),
      inputs,
      ...(formula && { formula: formula.value }),
      ...(isResult(id) && !formula && { note: noFormula(op) }),
      value: numberOf(data),
      requiresGrad: op !== "constant",
    };
  });
  return { kind: "backward", result: nodes.length - 1, nodes, steps: stepsOf(nodes, argumentsOf) };
}

/** Why an op has no formula, and how it gets one. */
export function noFormula(op: string): string {
  return `${op} is an op of your own, which does not say what it computes: give it a formula`;
}

function lettersOf(names: readonly string[], inputs: readonly number[], id: number): Letters {
  return { inputs: inputs.map((input) => names[input]), output: names[id], result: names[names.length - 1] };
}

function stepsOf(nodes: readonly ExplainedNode[], argumentsOf: readonly GraphEdge[][]): BackwardStep[] {
  const received: Term[][] = nodes.map(() => []);
  const names = nodes.map(({ name }) => name);
  const steps: BackwardStep[] = [];
  // From the last node to the first, a node comes up after all that use it: its gradient is complete by then.
  for (let id = nodes.length - 1; id >= 0; id--) {
    if (!nodes[id].requiresGrad) continue;
    const terms = received[id];
    const isRoot = id === nodes.length - 1;
    const gradient = isRoot ? 1 : terms.reduce((total, { sent }) => total + sent.values![0], 0);
    const letters = lettersOf(names, nodes[id].inputs, id);
    const formulas = formulasOf(nodes[id].op ?? "", letters);
    const sends = argumentsOf[id].flatMap(({ from, argument, derivative }): Sent[] => {
      if (!nodes[from].requiresGrad) return [];
      const sent = numberOf(gradient * derivative);
      received[from].push({ from: id, argument, sent });
      const [local, formula] = [formulas?.derivative(argument), formulas?.sent(argument)];
      return [
        {
          to: from,
          argument,
          local: { ...(local && { formula: local }), form: "elementwise", numbers: numberOf(derivative) },
          ...(formula && { formula }),
          sent,
          isSummed: false,
          gain: Math.abs(derivative),
        },
      ];
    });
    steps.push({ node: id, terms, gradient: numberOf(gradient), sends });
  }
  return steps;
}

function edgesInto({ nodes, edges }: Graph): GraphEdge[][] {
  const into: GraphEdge[][] = nodes.map(() => []);
  for (const edge of edges) into[edge.to].push(edge);
  return into;
}

interface OpLines {
  readonly value: Formula;
  readonly derivative: (argument: number) => Formula | null;
  readonly sent: (argument: number) => Formula | null;
}

/** What operations of a `Value` compute that have a number in their name: `pow(2)`. */
const withNumber: Readonly<Record<string, (c: string) => OpFormula>> = {
  pow: (c) => ({
    text: [`a^${c}`, `${c} · a^${six(Number(c) - 1)}`],
    tex: [`a^{${c}}`, `${c} a^{${six(Number(c) - 1)}}`],
  }),
  leakyRelu: (c) => ({
    text: [`a if a > 0, else ${c} · a`, `1 if a > 0, else ${c}`],
    tex: [`a \\text{ if } a > 0 \\text{, else } ${c} a`, `1 \\text{ if } a > 0 \\text{, else } ${c}`],
  }),
};

/** The formulas of a `Value`'s operation: those of the tensor op of its name, or its own; null for one of a user's. */
function formulasOf(op: string, letters: Letters): OpLines | null {
  if (op === "sum") return linesOfSum(letters);
  if (op === "dot") return linesOfDot(letters);
  const [, name, number] = /^(\w+)(?:\((.*)\))?$/.exec(op) ?? [];
  const own = number !== undefined && Object.hasOwn(withNumber, name) ? withNumber[name](number) : null;
  const formula = own ?? (name && number === undefined ? formulaByName(name) : null);
  if (!formula) return null;
  return {
    value: valueFormula(formula, letters),
    derivative: (argument) => derivativeFormula(formula, letters, argument),
    sent: (argument) => sentFormula(formula, letters, argument),
  };
}

/** a + b + …, of as many as there are. */
function linesOfSum({ inputs, output, result }: Letters): OpLines {
  const one: OpFormula = { text: ["a", "1"], tex: ["a", "1"] };
  const only = (argument: number): Letters => ({ inputs: [inputs[argument]], output, result });
  return {
    value: { text: inputs.join(" + "), tex: inputs.map(texName).join(" + ") },
    derivative: (argument) => derivativeFormula(one, only(argument), 0),
    sent: (argument) => sentFormula(one, only(argument), 0),
  };
}

/** a₁ b₁ + … + aₙ bₙ + bias: the a first, then the b, then the bias. */
function linesOfDot({ inputs, output, result }: Letters): OpLines {
  const n = (inputs.length - 1) / 2;
  const bias = inputs[2 * n];
  const pairs = inputs.slice(0, n).map((a, i) => [a, inputs[n + i]]);
  const product: OpFormula = { text: ["a · b", "b"], tex: ["a b", "b"] };
  const alone: OpFormula = { text: ["a", "1"], tex: ["a", "1"] };
  const at = (argument: number): [OpFormula, Letters] => {
    if (argument === 2 * n) return [alone, { inputs: [bias], output, result }];
    const other = inputs[argument < n ? argument + n : argument - n];
    return [product, { inputs: [inputs[argument], other], output, result }];
  };
  return {
    value: {
      text: [...pairs.map((pair) => pair.join(" · ")), bias].join(" + "),
      tex: [...pairs.map((pair) => pair.map(texName).join(" ")), texName(bias)].join(" + "),
    },
    derivative: (argument) => derivativeFormula(...at(argument), 0),
    sent: (argument) => sentFormula(...at(argument), 0),
  };
}
