/**
 * Compiled emitters for ops of the user's: an elementwise op may say how its elements are computed, as an expression of
 * additions, comparisons and elementary functions, of which loops are written as of built-in ops.
 */
import {
  abs,
  add,
  ceil,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  isFloat,
  isNaN as isNaNOf,
  less,
  lessEqual,
  log,
  log1p,
  log2,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  type Op,
  OptionError,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
  trunc,
} from "@chainrule/core";
import { builtinOps, describe, loweringOf, power, whereOp } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import { bindEmitter, type ElementwiseCall } from "./instruction-emitters.ts";
import { type BoundEmitter, type Emitter, type LaneType, laneTypeOf, type Push } from "./lanes.ts";

declare const content: unique symbol;

/** A number for each element: an input, or what an emitter makes of inputs. */
export interface ElementNumber {
  readonly [content]: "number";
}

/** A truth value for each element: what a comparison gives. */
export interface ElementCondition {
  readonly [content]: "condition";
}

type Operand = ElementNumber | number;
type OfOne = (x: Operand) => ElementNumber;
type OfTwo = (a: Operand, b: Operand) => ElementNumber;
type Comparison = (a: Operand, b: Operand) => ElementCondition;

/**
 * What an emitter computes with: the functions of tensors of the same names, each on the elements at one position. Plain
 * numbers may stand wherever a number may. Nothing here needs `this`, so that an emitter takes out what it uses.
 */
export interface ElementMath {
  readonly add: OfTwo;
  readonly sub: OfTwo;
  readonly mul: OfTwo;
  readonly div: OfTwo;
  readonly pow: OfTwo;
  readonly maximum: OfTwo;
  readonly minimum: OfTwo;
  readonly abs: OfOne;
  readonly ceil: OfOne;
  readonly cos: OfOne;
  readonly erf: OfOne;
  readonly exp: OfOne;
  readonly expm1: OfOne;
  readonly floor: OfOne;
  readonly log: OfOne;
  readonly log1p: OfOne;
  readonly log2: OfOne;
  readonly neg: OfOne;
  readonly reciprocal: OfOne;
  readonly relu: OfOne;
  readonly round: OfOne;
  readonly rsqrt: OfOne;
  readonly sigmoid: OfOne;
  readonly sign: OfOne;
  readonly sin: OfOne;
  readonly softplus: OfOne;
  readonly sqrt: OfOne;
  readonly square: OfOne;
  readonly tanh: OfOne;
  readonly trunc: OfOne;
  readonly equal: Comparison;
  readonly notEqual: Comparison;
  readonly less: Comparison;
  readonly lessEqual: Comparison;
  readonly greater: Comparison;
  readonly greaterEqual: Comparison;
  isNaN(x: Operand): ElementCondition;
  logicalAnd(a: ElementCondition, b: ElementCondition): ElementCondition;
  logicalOr(a: ElementCondition, b: ElementCondition): ElementCondition;
  logicalNot(a: ElementCondition): ElementCondition;
  /** `a` where the condition holds, else `b`. */
  where(condition: ElementCondition, a: Operand, b: Operand): ElementNumber;
}

/**
 * How an op computes one element of its result of the elements at its position in the inputs. It is called once for
 * each place of the op in a compiled function, with the op's attributes, and must not depend on anything else. An op
 * whose result is bool gives a condition.
 */
export type ElementwiseEmitter<Attributes = void> = (
  math: ElementMath,
  inputs: readonly ElementNumber[],
  attributes: Attributes,
) => ElementNumber | ElementCondition;

/** What an emitter makes, inside: a graph of calls whose leaves are inputs and constants. */
type Expression = Input | Constant | Application;

class Input {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

class Constant {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

class Application {
  readonly op: Op;
  readonly inputs: readonly Expression[];
  readonly takes: readonly Content[];
  readonly gives: Content;
  constructor(op: Op, inputs: readonly Expression[], { takes, gives }: Signature) {
    this.op = op;
    this.inputs = inputs;
    this.takes = takes;
    this.gives = gives;
  }
}

type Content = "number" | "condition";

interface Signature {
  readonly takes: readonly Content[];
  readonly gives: Content;
}

const ofOne: Signature = { takes: ["number"], gives: "number" };
const ofTwo: Signature = { takes: ["number", "number"], gives: "number" };
const comparison: Signature = { takes: ["number", "number"], gives: "condition" };
const test: Signature = { takes: ["number"], gives: "condition" };
const ofConditions: Signature = { takes: ["condition", "condition"], gives: "condition" };
const choice: Signature = { takes: ["condition", "number", "number"], gives: "number" };

const numbersOfOne = {
  ...{ abs, ceil, cos, erf, exp, expm1, floor, log, log1p, log2, neg, reciprocal, relu, round, rsqrt },
  ...{ sigmoid, sign, sin, softplus, sqrt, square, tanh, trunc },
};
const numbersOfTwo = { add, sub, mul, div, pow: power, maximum, minimum };
const comparisons = { equal, notEqual, less, lessEqual, greater, greaterEqual };

function contentOf(x: Expression): Content {
  return x instanceof Application ? x.gives : "number";
}

/** The functions for the emitter of an op, which messages name. */
function mathFor(where: string): ElementMath {
  const apply = (name: string, op: Op, signature: Signature) => {
    return (...given: readonly unknown[]): Expression => {
      const inputs = signature.takes.map((content, i) => asExpression(given[i], content, `${where}, ${name}`));
      return new Application(op, inputs, signature);
    };
  };
  const all = (table: Readonly<Record<string, { readonly op: Op<void> }>>, signature: Signature) =>
    Object.entries(table).map(([name, { op }]) => [name, apply(name, op as Op, signature)]);
  return Object.fromEntries([
    ...all(numbersOfOne, ofOne),
    ...all(numbersOfTwo, ofTwo),
    ...all(comparisons, comparison),
    ...all({ isNaN: isNaNOf }, test),
    ...all({ logicalAnd, logicalOr }, ofConditions),
    ...all({ logicalNot }, { takes: ["condition"], gives: "condition" }),
    ["where", apply("where", whereOp as Op, choice)],
  ]);
}

function asExpression(x: unknown, content: Content, where: string): Expression {
  const expression = typeof x === "number" ? new Constant(x) : x;
  const isOne = expression instanceof Input || expression instanceof Constant || expression instanceof Application;
  if (isOne && contentOf(expression) === content) return expression;
  throw new OptionError({
    where,
    expected: content === "number" ? "a number, or a value that was made of the inputs" : "a condition",
    got: isOne ? `a ${contentOf(expression)}` : describe(x),
  });
}

const registered = new Map<Op, ElementwiseEmitter<unknown>>();

/**
 * Gives an op of one's own a compiled form: within `jit` its elements are computed by these instructions, four at a time
 * and on all threads, instead of by its JavaScript function or kernel.
 *
 * Results must agree with the op's kernel up to rounding: the kernel is what runs outside of `jit`. The emitter is used
 * where all inputs are float32, or all are float64; elsewhere the kernel is. Functions that are compiled already stay as
 * they are.
 *
 * @param op an op whose `lower` is `{ kind: "elementwise" }`, as `defineOp` returns it in `.op`.
 * @throws OptionError for built-in ops, which have theirs, for ops that are not elementwise, and for a second emitter.
 *
 * @example
 * const leakyRelu = defineOp<number>({
 *   name: "leakyRelu",
 *   inferShape: ([x]) => x,
 *   kernel: (out, [x], slope) => {
 *     for (let i = 0; i < out.storage.length; i++) {
 *       const element = x.storage[i];
 *       out.storage[i] = element > 0 ? element : slope * element;
 *     }
 *   },
 *   lower: { kind: "elementwise" },
 * });
 * registerEmitter(leakyRelu.op, ({ where, greater, mul }, [x], slope) => where(greater(x, 0), x, mul(slope, x)));
 * jit((x) => leakyRelu([x], 0.5))(tensor([2, -3])); // tensor([2, -1.5])
 */
export function registerEmitter<Attributes>(op: Op<Attributes>, emitter: ElementwiseEmitter<Attributes>): void {
  if (typeof op?.inferShape !== "function")
    throw new OptionError({
      where: "registerEmitter",
      expected: "an op",
      got: describe(op),
      hint: "Of what defineOp returns, pass its op: registerEmitter(cube.op, …).",
    });
  const where = `registerEmitter("${op.name}")`;
  if (typeof emitter !== "function")
    throw new OptionError({
      where,
      expected: "a function that computes elements",
      got: describe(emitter),
      hint: "Write it with the functions of its first argument: ({ mul }, [x]) => mul(x, x).",
    });
  if (builtinOps().includes(op as Op))
    throw new OptionError({
      where,
      expected: "an op of your own",
      got: "a built-in op",
      hint: "Define one with defineOp; it may have the same name.",
    });
  if (typeof op.lower !== "function" && op.lower?.kind !== "elementwise")
    throw new OptionError({
      where,
      expected: 'an op with lower: { kind: "elementwise" }',
      got: op.lower ? `one with lower: { kind: "${op.lower.kind}" }` : "one without lower",
      hint: "Where each element depends on those at its position alone, add it to the definition; else use compose.",
    });
  if (registered.has(op as Op))
    throw new OptionError({
      where,
      expected: "one emitter for the op",
      got: "a second",
      hint: "Define another op for another emitter.",
    });
  registered.set(op as Op, emitter as ElementwiseEmitter<unknown>);
}

/** How the elements of a node are computed by its op's registered emitter. */
export interface ExpressionEmitter {
  readonly emit: BoundEmitter;
  /** Every elementary op in it, once. */
  readonly calls: readonly ElementwiseCall[];
}

const made = new WeakMap<GraphNode, ExpressionEmitter>();

/** What the op's registered emitter makes of the node; null where there is none, or none for these dtypes. */
export function registeredEmitter(node: GraphNode): ExpressionEmitter | null {
  const { source, lowering } = node;
  if (source.kind !== "op" || lowering?.kind !== "elementwise") return null;
  const emitter = registered.get(source.op);
  if (!emitter) return null;
  let found = made.get(node);
  if (!found) {
    const dtype = source.inputs[0]?.dtype;
    const isFor = dtype !== undefined && isFloat(dtype) && source.inputs.every((input) => input.dtype === dtype);
    if (!isFor || (node.dtype !== dtype && node.dtype !== "bool")) return null;
    const where = `the emitter of ${node.name}`;
    const inputs = source.inputs.map((_, i) => new Input(i) as unknown as ElementNumber);
    const result = emitter(mathFor(where), inputs, source.attributes);
    const content = node.dtype === "bool" ? "condition" : "number";
    found = emitterOf(asExpression(result, content, where), laneTypeOf[dtype]);
    made.set(node, found);
  }
  return found;
}

/** The expression's instructions: each application is computed once, and kept in a local. */
function emitterOf(root: Expression, float: LaneType): ExpressionEmitter {
  const laneTypeIn = (content: Content): LaneType => (content === "condition" ? "mask" : float);
  const order = applicationsIn(root);
  const calls = order.map(({ op, inputs, takes, gives }): ElementwiseCall => {
    const lowering = loweringOf(op, undefined);
    const last = inputs.at(-1)!;
    return {
      op,
      attributes: undefined,
      arity: inputs.length,
      lane: laneTypeIn(takes.at(-1)!),
      result: laneTypeIn(gives),
      scalar: lowering?.kind === "elementwise" ? lowering.scalar : undefined,
      exponent: last instanceof Constant ? last.value : null,
    };
  });
  const emitters = calls.map((call) => bindEmitter(call)!);
  const emit = (e: Emitter, inputs: readonly Push[]): void => {
    const locals = new Map<Expression, number>();
    const push = (x: Expression): Push => {
      if (x instanceof Input) return inputs[x.index];
      if (x instanceof Constant) return () => e.constant(float, x.value);
      return () => e.code.get(locals.get(x)!);
    };
    order.forEach((application, i) => {
      const local = e.local(laneTypeIn(application.gives));
      emitters[i](e, application.inputs.map(push));
      e.code.set(local);
      locals.set(application, local);
    });
    push(root)();
  };
  return { emit, calls };
}

/** The applications that an expression consists of, each after those that it needs. */
function applicationsIn(root: Expression): readonly Application[] {
  const order = new Set<Application>();
  const visit = (x: Expression): void => {
    if (!(x instanceof Application) || order.has(x)) return;
    for (const input of x.inputs) visit(input);
    order.add(x);
  };
  visit(root);
  return [...order];
}
