/**
 * The numbers at which mistakes arrive.
 */
import { six } from "../explanation/names.ts";
import type { BackwardData, BackwardStep, ExplainedNode, Sent } from "../explanation/types.ts";
import { type Contribution, indexOf, productOf } from "./contributions.ts";
import type { Slip, SlipName } from "./question.ts";

/** A number that is sent to one element of an input, and all that a mistake about it could take instead. */
export interface SentNumber {
  readonly data: BackwardData;
  readonly step: BackwardStep;
  readonly sent: Sent;
  readonly place: number;
  readonly contributions: readonly Contribution[];
}

/** `dL/dv1` */
export function gradientName({ nodes, result }: BackwardData, id: number): string {
  return `d${nodes[result].name}/d${nodes[id].name}`;
}

/** The mistakes that lead away from a number that is sent. */
export function slipsOfSent(number: SentNumber): Slip[] {
  const { data, step, sent, contributions } = number;
  const answer = totalOf(contributions);
  const node = data.nodes[step.node];
  const [above, target] = [gradientName(data, step.node), data.nodes[sent.to].name];
  const local = `∂${node.name}/∂${target}`;
  const sum = (f: (each: Contribution) => number) => contributions.reduce((total, each) => total + f(each), 0);
  return [
    slip("sign", -answer, "The size is right, the sign is not."),
    slip(
      "upstream forgotten",
      sum((each) => each.local),
      `That is the local derivative alone. Multiply it by what comes from above, ${above}.`,
    ),
    slip(
      "derivative by the output",
      sum((each) => each.upstream),
      `That is ${above}, the derivative by the output ${node.name}. Asked is the one by the input: times ${local}.`,
    ),
    ...onlyOne(
      contributions.map((each) => each.upstream * each.local),
      `${target} is used ${contributions.length} times within ${node.name}, and this is what one use sends.`,
    ),
    ...atTheOutput(data, node, sent).map((derivative) =>
      slip(
        "derivative at the output",
        sum((each) => each.upstream * derivative(each.place)),
        `The derivative was taken at the wrong place: with ${target} and ${node.name} confused.`,
      ),
    ),
    ...ofOtherInput(number),
    ...ofTransposed(number),
    ...withoutMean(data, step.node, answer),
  ];
}

/** The sum of what is sent. */
export function totalOf(contributions: readonly Contribution[]): number {
  return contributions.reduce((total, { upstream, local }) => total + upstream * local, 0);
}

export function slip(name: SlipName, value: number, hint: string): Slip {
  return { name, value, hint };
}

/** The first and the last of several terms alone, which is what = in place of += leaves. */
export function onlyOne(terms: readonly number[], why: string): Slip[] {
  if (terms.length < 2) return [];
  const hint = `${why} Where paths meet, gradients add up: +=, not =.`;
  return [terms[0], terms[terms.length - 1]].map((value) => slip("= for +=", value, hint));
}

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Derivatives with the output where the input belongs, or the input where the output does. */
const confused: Readonly<Record<string, (input: number, output: number) => readonly number[]>> = {
  square: (_, y) => [2 * y],
  exp: (x, y) => [x, Math.exp(y)],
  log: (_, y) => [1 / y],
  sqrt: (x) => [1 / (2 * x)],
  reciprocal: (_, y) => [-1 / y ** 2],
  tanh: (x, y) => [1 - x ** 2, 1 - Math.tanh(y) ** 2],
  sigmoid: (x, y) => [x * (1 - x), sigma(y) * (1 - sigma(y))],
  softplus: (_, y) => [sigma(y)],
  sin: (_, y) => [Math.cos(y)],
  cos: (_, y) => [-Math.sin(y)],
};

/** Of an op of one input: the derivative of each element, taken at the wrong number. */
function atTheOutput({ nodes }: BackwardData, node: ExplainedNode, { to }: Sent): ((place: number) => number)[] {
  const [x, y] = [nodes[to].value.values, node.value.values];
  const [, name, power] = /^(\w+)(?:\((.*)\))?$/.exec(node.op ?? "") ?? [];
  const own = Object.hasOwn(confused, name ?? "") ? confused[name] : undefined;
  const ofPower = name === "pow" && power !== undefined && Number.isFinite(Number(power));
  const f = ofPower ? (_: number, output: number) => [Number(power) * output ** (Number(power) - 1)] : own;
  if (!f || !x || !y || x.length !== y.length || node.inputs.length !== 1) return [];
  return f(x[0], y[0]).map((_, i) => (place) => f(x[place], y[place])[i]);
}

/** What goes to another input of the op, at the same place. */
function ofOtherInput({ data, step, sent, place }: SentNumber): Slip[] {
  return step.sends
    .filter((other) => other.to !== sent.to && other.sent.values?.length === sent.sent.values?.length)
    .map((other) =>
      slip(
        "gradient of the other input",
        other.sent.values![place],
        `That is what goes to ${data.nodes[other.to].name}.`,
      ),
    );
}

/** An entry of the matrix product with something transposed that should not be, or not transposed that should. */
function ofTransposed({ data, step, sent, place }: SentNumber): Slip[] {
  const product = productOf(data, step, sent);
  if (product === null) return [];
  const { argument, other, rows, inner, columns } = product;
  const [row, column] = indexOf(place, sent.sent.shape);
  const g = step.gradient.values!;
  const [above, name] = [gradientName(data, step.node), data.nodes[data.nodes[step.node].inputs[1 - argument]].name];
  const right = sent.formula?.text ?? (argument === 0 ? `${above} @ ${name}ᵀ` : `${name}ᵀ @ ${above}`);
  const hint = `That is an entry of a product with another transposition. It is ${right}, which has the shape of ${data.nodes[sent.to].name}.`;
  const found: number[] = [];
  const sum = (n: number, f: (k: number) => number) =>
    Array.from({ length: n }, (_, k) => f(k)).reduce((a, b) => a + b, 0);
  const own = sent.sent.values!;
  const [height, width] = sent.sent.shape;
  // The whole result transposed: row and column confused.
  if (column < height && row < width) found.push(own[column * width + row]);
  // g b in place of g bᵀ, which fits where b is square; a g in place of aᵀ g, where a is.
  if (argument === 0 && inner === columns)
    found.push(sum(columns, (j) => g[row * columns + j] * other.values![j * columns + column]));
  if (argument === 1 && rows === inner)
    found.push(sum(rows, (k) => other.values![row * inner + k] * g[k * columns + column]));
  return found.map((value) => slip("transposed product", value, hint));
}

/** By which number a mean divides; null for what is none. */
export function meanOf({ nodes }: BackwardData, { op, inputs }: ExplainedNode): number | null {
  if (inputs.length !== 2) return null;
  const [dividend, divisor] = inputs.map((input) => nodes[input]);
  const sum = dividend.op === "reshape" ? nodes[dividend.inputs[0]] : dividend;
  if (divisor.kind !== "constant" || !divisor.value.values) return null;
  const n = op === "div" ? divisor.value.values[0] : op === "mul" ? 1 / divisor.value.values[0] : Number.NaN;
  const count = Math.round(n);
  const isSum = sum.op === "sum" || (sum.op === "add" && sum.value.shape.length === 0);
  return isSum && count >= 2 && Math.abs(n - count) < 1e-6 ? count : null;
}

/** A mean's 1/n left out, where all paths from the result to the node go through it. */
export function withoutMean(data: BackwardData, id: number, answer: number): Slip[] {
  return data.nodes.flatMap((node) => {
    const n = meanOf(data, node);
    if (n === null || !isOnAllPaths(data, node.id, id)) return [];
    return [slip("1/n forgotten", answer * n, `That is ${six(n)} times too much: the mean divides by n = ${six(n)}.`)];
  });
}

/** Whether the result depends on a node through another one alone, or the two are the same. */
export function isOnAllPaths({ nodes, result }: BackwardData, through: number, id: number): boolean {
  if (through === id) return true;
  if (through < id) return false;
  // Nodes come after what they are made of: those that reach the result without the one.
  const reaches = new Array<boolean>(nodes.length).fill(false);
  reaches[result] = result !== through;
  for (let i = nodes.length - 1; i > id; i--)
    if (reaches[i]) for (const input of nodes[i].inputs) if (input !== through) reaches[input] = true;
  return !reaches[id];
}
