/**
 * A backward pass in plain text: as on a blackboard, first how each value was made, then the way back.
 */
import { formatShape } from "@chainrule/core/internal";
import { six, term } from "../explanation/names.ts";
import type {
  BackwardData,
  BackwardStep,
  ExplainedNode,
  LocalDerivative,
  Numbers,
  Sent,
} from "../explanation/types.ts";
import { inLine, written } from "./numbers.ts";

/** The whole explanation. */
export function textOf(data: BackwardData): string {
  const forward = [
    "Forward: each value from those before it",
    ...data.nodes.flatMap((node) => forwardLines(data, node)),
  ];
  const backward = [
    "Backward: each gradient times the local derivatives, sent to the values it was made of",
    ...data.steps.flatMap((step) => backwardLines(data, step)),
  ];
  return [...forward, "", ...backward].join("\n");
}

function forwardLines({ nodes }: BackwardData, node: ExplainedNode): string[] {
  if (node.kind === "constant") return [];
  const call = node.op ? [callOf(nodes, node)] : [];
  const formula = node.formula && node.formula.text !== call[0] ? [node.formula.text] : [];
  const line = node.line ? `  (${node.line})` : "";
  return [
    `  ${equals([node.name, ...call, ...formula], node.value, "      ")}${line}`,
    ...(node.note ? [`      ${node.note}`] : []),
  ];
}

/** `a = b = numbers`; where the numbers take lines of their own, their shape and a colon stand before. */
function equals(parts: readonly string[], numbers: Numbers, indent: string): string {
  const values = written(numbers, indent);
  const isBelow = values.startsWith("\n");
  return isBelow ? `${parts.join(" = ")}, ${formatShape(numbers.shape)}:${values}` : [...parts, values].join(" = ");
}

/** `matmul(x, w)`. */
function callOf(nodes: readonly ExplainedNode[], { op, inputs }: ExplainedNode): string {
  return `${op}(${inputs.map((input) => nodes[input].name).join(", ")})`;
}

function backwardLines({ nodes, result }: BackwardData, step: BackwardStep): string[] {
  const node = nodes[step.node];
  const self = `d${nodes[result].name}/d${node.name}`;
  const lines = [`  ${equals([self, ...sumOf(step)], step.gradient, "      ")}`];
  if (step.beforeHooks) lines.push(`    a hook made this of ${written(step.beforeHooks, "      ")}`);
  if (step.sends.length > 0) lines.push(`    ${node.name} = ${callOf(nodes, node)} sends`);
  return [...lines, ...step.sends.flatMap((sent) => sentLines(nodes, node, self, step, sent))];
}

/** `3 + 3`, where several paths meet. */
function sumOf({ terms }: BackwardStep): string[] {
  if (terms.length < 2) return [];
  const short = terms.map(({ sent }) => (sent.shape.length === 0 ? term(sent.values![0]) : inLine(sent)));
  const joined = short.join(" + ");
  if (short.every((text) => text !== null) && joined.length <= 80) return [joined];
  return [`the sum of what ${terms.length} uses sent`];
}

function sentLines(
  nodes: readonly ExplainedNode[],
  node: ExplainedNode,
  self: string,
  { gradient }: BackwardStep,
  { to, local, formula, sent, isSummed, gain }: Sent,
): string[] {
  const target = nodes[to].name;
  const derivative = `∂${node.name}/∂${target}`;
  if (local.form === "elementwise" && isScalar(local.numbers!) && isScalar(gradient)) {
    const [g, d] = [gradient.values![0], local.numbers!.values![0]];
    const line = `      to ${target}: ${self} × ${derivative} = ${term(g)} × ${term(d)} = ${written(sent, "")}`;
    return [
      line,
      ...(local.formula && !isPlainNumber(local.formula.text) ? [`        with ${local.formula.text}`] : []),
    ];
  }
  const product = [`${self} × ${derivative}`, ...(formula && formula.text !== self ? [formula.text] : [])];
  const lines = [`      to ${target}: ${equals(product, sent, "          ")}`];
  const shown = local.numbers && isWorthShowing(local) ? local.numbers : null;
  const equation = local.formula?.text ?? (shown ? derivative : null);
  if (equation) lines.push(`        with ${shown ? equals([equation], shown, "          ") : equation}`);
  if (isSummed)
    lines.push(
      `        added up to ${formatShape(sent.shape)}: each number of ${target} was used ${countOf(gradient) / countOf(sent)} times`,
    );
  if (!sent.values) lines.push(`        ${six(gain)} times as long as ${self}`);
  return lines;
}

/** Whether the numbers of a local derivative say more than its formula, and are not too many for an eye. */
function isWorthShowing({ form, formula, numbers }: LocalDerivative): boolean {
  if (formula && isPlainNumber(formula.text)) return false;
  if (form === "elementwise") return true;
  const isOneNumber = formula && /= (?:1\b|[^ ]+\[[^\]]*\]$)/.test(formula.text);
  return numbers !== undefined && countOf(numbers) <= 16 && !isOneNumber;
}

function countOf({ shape }: Numbers): number {
  return shape.reduce((total, n) => total * n, 1);
}

function isScalar({ shape, values }: Numbers): boolean {
  return shape.length === 0 && values !== undefined;
}

/** `∂y/∂x = 1` says nothing that the numbers do not. */
function isPlainNumber(equation: string): boolean {
  return /= -?[\d.]+$/.test(equation);
}
