/**
 * A backward pass in Markdown, with formulas in TeX between dollar signs.
 */
import { formatShape } from "@chainrule/core/internal";
import { texName } from "../explanation/formula.ts";
import { six, term } from "../explanation/names.ts";
import type { BackwardData, BackwardStep, ExplainedNode, Numbers } from "../explanation/types.ts";
import { rowsOf, summary } from "./numbers.ts";

/** The whole explanation. */
export function markdownOf(data: BackwardData): string {
  const { nodes, steps } = data;
  return [
    "## Forward",
    "Each value from those before it.",
    ...nodes.filter(({ kind }) => kind !== "constant").flatMap(forwardLines),
    "## Backward",
    "Each gradient times the local derivatives, sent to the values it was made of; where paths meet, what they bring is added up.",
    ...steps.flatMap((step) => backwardLines(data, step)),
  ].join("\n\n");
}

function forwardLines(node: ExplainedNode): string[] {
  const name = texName(node.name);
  const parts = [name, ...(node.formula ? [node.formula.tex] : [])];
  const heading = node.op
    ? `**${escaped(node.name)}**, by \`${node.op}\``
    : `**${escaped(node.name)}**, ${kinds[node.kind]}`;
  const shape = node.value.shape.length > 0 ? `, ${formatShape(node.value.shape)}` : "";
  const line = node.line ? `, at \`${node.line}\`` : "";
  const said = node.note ? [`*${escaped(node.note)}*`] : [];
  return [`${heading}${shape}${line}`, equation([...parts, texOf(node.value)]), ...said];
}

const kinds = { parameter: "a weight", input: "given", constant: "a constant", op: "" };

function backwardLines({ nodes, result }: BackwardData, step: BackwardStep): string[] {
  const node = nodes[step.node];
  const self = `\\frac{d ${texName(nodes[result].name)}}{d ${texName(node.name)}}`;
  const terms = step.terms.length > 1 ? [step.terms.map(({ sent }) => termOf(sent)).join(" + ")] : [];
  const lines = [`### ${escaped(node.name)}`, equation([self, ...terms, texOf(step.gradient)])];
  if (step.beforeHooks) lines.push("A hook made this of", equation([texOf(step.beforeHooks)]));
  for (const { to, local, formula, sent, isSummed } of step.sends) {
    const target = nodes[to].name;
    const derivative = local.formula?.tex ?? `\\frac{\\partial ${texName(node.name)}}{\\partial ${texName(target)}}`;
    lines.push(
      `To **${escaped(target)}**, with the local derivative`,
      equation([derivative, ...(local.numbers ? [texOf(local.numbers)] : [])]),
      `it sends${isSummed ? `, summed to ${formatShape(sent.shape)} because **${escaped(target)}** was broadcast,` : ""}`,
      equation([...(formula ? [formula.tex] : []), texOf(sent)]),
    );
  }
  return lines;
}

function equation(parts: readonly string[]): string {
  return `$$${parts.join(" = ")}$$`;
}

/** A number, a matrix in brackets, or what many numbers are like. */
function texOf(numbers: Numbers): string {
  const { shape, values } = numbers;
  if (shape.length === 0 && values) return number(values[0]);
  const rows = shape.length <= 2 ? rowsOf(numbers) : null;
  if (rows === null) return `\\text{${values ? nested(numbers) : summary(numbers)}}`;
  return `\\begin{bmatrix} ${rows.map((row) => row.map((text) => number(Number(text))).join(" & ")).join(" \\\\ ")} \\end{bmatrix}`;
}

function termOf(numbers: Numbers): string {
  return numbers.shape.length === 0 && numbers.values ? term(numbers.values[0]) : texOf(numbers);
}

/** `10^{-7}` rather than `1e-7`, `\infty` rather than a word. */
function number(x: number): string {
  if (Number.isNaN(x)) return "\\text{NaN}";
  if (!Number.isFinite(x)) return x > 0 ? "\\infty" : "-\\infty";
  const [digits, exponent] = six(x).split("e");
  return exponent === undefined ? digits : `${digits} \\cdot 10^{${Number(exponent)}}`;
}

function nested({ shape, values }: Numbers): string {
  return `${formatShape(shape)}: ${values!.map(six).join(", ")}`;
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, "\\$&");
}
