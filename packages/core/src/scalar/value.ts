/**
 * `Value`: a number that remembers how it was made, and so can tell how it would change.
 *
 * Every operation makes a new Value and records two things on it: its *parents* (the values it was made of) and its
 * *local derivatives* (how much it changes per change of each parent). That is all that backpropagation needs:
 * `backward` walks from a result to everything it was made of and applies the chain rule at each node.
 *
 * For arrays of numbers, and for speed, there are tensors; this file is for seeing how the thing works.
 */

import { DTypeError, describe, inspect, ShapeError, ValueError } from "../errors.ts";

/** What an operation takes: a Value, or a plain number, which counts as a constant. */
export type Operand = Value | number;

const NO_PARENTS: readonly Value[] = [];
const NO_DERIVATIVES: readonly number[] = [];
const ONE_NUMBER = 'A Value is one number. A text becomes one by Number("3"); for arrays there is tensor([1, 2, 3]).';

/**
 * A number that remembers how it was made.
 *
 * An operation of your own is one expression: `new Value(x.data ** 3, "", "cube", [x], [3 * x.data ** 2])`.
 *
 * @throws DTypeError when `data` is not a number.
 * @example
 * const x = value(3, "x");
 * const y = x.square().add(x); // x² + x
 * y.backward();
 * x.grad; // dy/dx = 2x + 1 = 7
 */
export class Value {
  // `declare` because a field set twice (to undefined, then to a number) makes V8 box every later number anew.
  /** The number itself. Changing it (a step of gradient descent) does not recompute what was made of it. */
  declare data: number;
  /** d result / d this, once `result.backward()` has run. */
  declare grad: number;
  /** A name for people to read; empty when there is none. */
  declare label: string;
  /** The operation that made this value: `"add"`, `"pow(2)"`; `"constant"` for a plain number, empty for a leaf. */
  declare readonly op: string;
  /** The values that this one was made of. */
  declare readonly parents: readonly Value[];
  /** The local derivatives: `derivatives[i]` is d this / d parents[i], taken when this value was made. */
  declare readonly derivatives: readonly number[];
  /** How many of the nodes that use this value have yet to send it their gradient; 0 outside of `backward`. */
  declare private awaited: number;

  constructor(data: number, label = "", op = "", parents = NO_PARENTS, derivatives = NO_DERIVATIVES) {
    if (typeof data !== "number") refuse("Value", "a number or a Value", data, ONE_NUMBER);
    if (typeof label !== "string") refuse("Value", "a text as label", label);
    if (!isList(parents) || !isList(derivatives)) refuse("Value", "lists of parents and derivatives", parents);
    this.data = data;
    this.grad = 0;
    this.label = label;
    this.op = op;
    this.parents = parents;
    this.derivatives = derivatives;
    this.awaited = 0;
  }

  /** The operand itself when it is a Value, else a constant that holds the number. */
  static of(operand: Operand): Value {
    return operand instanceof Value ? operand : new Value(operand, "", "constant");
  }

  /** Gives this value a name, and returns it: `x.mul(w).named("z")`. */
  named(label: string): this {
    if (typeof label !== "string") refuse("Value", "a text as label", label);
    this.label = label;
    return this;
  }

  // ---- Backpropagation

  /**
   * Computes `grad` = d this / d node for every node that this value was made of.
   *
   * The chain rule: a node's gradient is the sum, over all nodes that use it, of their gradient times their local
   * derivative. Gradients of leaves add up over calls until you set them to 0; those of the nodes in between start
   * anew at each call, so calling `backward` twice counts nothing double but the leaves.
   *
   * @example
   * const [w, x] = [value(2), value(5)];
   * w.mul(x).backward();
   * w.grad; // 5
   */
  backward(): void {
    // A node may pass its gradient on only when it is complete: when every node that uses it has sent its share.
    // So first count the uses of each node …
    const stack: Value[] = [this];
    while (stack.length > 0) {
      for (const parent of stack.pop()!.parents) {
        if (parent.awaited++ > 0) continue;
        if (parent.parents.length > 0) parent.grad = 0;
        stack.push(parent);
      }
    }
    // … then send gradients back, taking up each node as its last share comes in.
    this.grad = this.parents.length === 0 ? this.grad + 1 : 1;
    stack.push(this);
    while (stack.length > 0) {
      const { parents, derivatives, grad } = stack.pop()!;
      for (let i = 0; i < parents.length; i++) {
        const parent = parents[i];
        parent.grad += derivatives[i] * grad; // the chain rule
        if (--parent.awaited === 0) stack.push(parent);
      }
    }
  }

  // ---- Arithmetic: each operation gives its value and its local derivatives

  /** a + b. */
  add(other: Operand): Value {
    const b = Value.of(other);
    return made("add", this.data + b.data, [this, b], [1, 1]);
  }

  /** a - b. */
  sub(other: Operand): Value {
    const b = Value.of(other);
    return made("sub", this.data - b.data, [this, b], [1, -1]);
  }

  /** a · b. */
  mul(other: Operand): Value {
    const b = Value.of(other);
    return made("mul", this.data * b.data, [this, b], [b.data, this.data]);
  }

  /** a / b. */
  div(other: Operand): Value {
    const b = Value.of(other);
    const y = this.data / b.data;
    return made("div", y, [this, b], [1 / b.data, -y / b.data]);
  }

  /** aᵇ; the derivative by b, aᵇ log a, is taken only when b is a Value. */
  pow(exponent: Operand): Value {
    const a = this.data;
    const b = Value.of(exponent);
    const y = a ** b.data;
    const dyda = b.data === 0 ? 0 : b.data * a ** (b.data - 1);
    if (b !== exponent) return made(`pow(${b.data})`, y, [this], [dyda]);
    const dydb = a === 0 && b.data >= 0 ? 0 : y * Math.log(a);
    return made("pow", y, [this, b], [dyda, dydb]);
  }

  /** The larger of a and b; where they are equal, each gets half of the gradient. */
  maximum(other: Operand): Value {
    const b = Value.of(other);
    const share = this.data === b.data ? 0.5 : this.data < b.data ? 0 : 1;
    return made("maximum", Math.max(this.data, b.data), [this, b], [share, 1 - share]);
  }

  /** The smaller of a and b; where they are equal, each gets half of the gradient. */
  minimum(other: Operand): Value {
    const b = Value.of(other);
    const share = this.data === b.data ? 0.5 : this.data > b.data ? 0 : 1;
    return made("minimum", Math.min(this.data, b.data), [this, b], [share, 1 - share]);
  }

  // ---- Functions of one number

  /** The negative, -a. */
  neg(): Value {
    return made("neg", -this.data, [this], [-1]);
  }

  /** 1 / a. */
  reciprocal(): Value {
    const y = 1 / this.data;
    return made("reciprocal", y, [this], [-y * y]);
  }

  /** The square, a². */
  square(): Value {
    return made("square", this.data * this.data, [this], [2 * this.data]);
  }

  /** The square root, √a. */
  sqrt(): Value {
    const y = Math.sqrt(this.data);
    return made("sqrt", y, [this], [0.5 / y]);
  }

  /** |a|, with derivative 0 at 0. */
  abs(): Value {
    return made("abs", Math.abs(this.data), [this], [Math.sign(this.data)]);
  }

  /** The exponential, eᵃ. */
  exp(): Value {
    const y = Math.exp(this.data);
    return made("exp", y, [this], [y]);
  }

  /** eᵃ - 1, exact also for a near 0. */
  expm1(): Value {
    return made("expm1", Math.expm1(this.data), [this], [Math.exp(this.data)]);
  }

  /** The natural logarithm of a. */
  log(): Value {
    return made("log", Math.log(this.data), [this], [1 / this.data]);
  }

  /** log(1 + a), exact also for a near 0. */
  log1p(): Value {
    return made("log1p", Math.log1p(this.data), [this], [1 / (1 + this.data)]);
  }

  /** sin a. */
  sin(): Value {
    return made("sin", Math.sin(this.data), [this], [Math.cos(this.data)]);
  }

  /** cos a. */
  cos(): Value {
    return made("cos", Math.cos(this.data), [this], [-Math.sin(this.data)]);
  }

  /** tan a. */
  tan(): Value {
    const y = Math.tan(this.data);
    return made("tan", y, [this], [1 + y * y]);
  }

  /** tanh a, an S-curve from -1 to 1. */
  tanh(): Value {
    const y = Math.tanh(this.data);
    return made("tanh", y, [this], [1 - y * y]);
  }

  /** 1 / (1 + e⁻ᵃ), an S-curve from 0 to 1, written so that no exponential overflows. */
  sigmoid(): Value {
    const e = Math.exp(-Math.abs(this.data));
    return made("sigmoid", (this.data < 0 ? e : 1) / (1 + e), [this], [e / (1 + e) ** 2]);
  }

  /** a where a > 0, else 0; with derivative 0 at 0. */
  relu(): Value {
    return made("relu", Math.max(this.data, 0), [this], [this.data <= 0 ? 0 : 1]);
  }

  /** a where a > 0, else slope · a; with derivative `slope` at 0. */
  leakyRelu(slope = 0.01): Value {
    if (typeof slope !== "number") refuse("Value", "a number as slope", slope);
    const dyda = this.data <= 0 ? slope : 1;
    return made(`leakyRelu(${slope})`, dyda * this.data, [this], [dyda]);
  }

  /** log(1 + eᵃ), a smooth relu, written so that no exponential overflows; its derivative is the sigmoid. */
  softplus(): Value {
    const e = Math.exp(-Math.abs(this.data));
    return made("softplus", Math.max(this.data, 0) + Math.log1p(e), [this], [(this.data < 0 ? e : 1) / (1 + e)]);
  }

  // ---- Functions of many numbers: one node where a chain of `add` and `mul` would make many

  /** a₁ + a₂ + …; 0 when there are none. */
  static sum(operands: readonly Operand[]): Value {
    const parents = operandsOf("Value.sum", operands);
    const total = parents.reduce((sum, parent) => sum + parent.data, 0);
    return made("sum", total, parents, new Array(parents.length).fill(1));
  }

  /** (a₁ + … + aₙ) / n; a ValueError when there are none. */
  static mean(operands: readonly Operand[]): Value {
    const values = operandsOf("Value.mean", operands, 1);
    return Value.sum(values).div(values.length);
  }

  /** The largest; at a tie they share the derivative as `maximum` does, two by two. A ValueError of none. */
  static max(operands: readonly Operand[]): Value {
    return operandsOf("Value.max", operands, 1).reduce((a, b) => a.maximum(b));
  }

  /** The smallest; see {@link Value.max}. */
  static min(operands: readonly Operand[]): Value {
    return operandsOf("Value.min", operands, 1).reduce((a, b) => a.minimum(b));
  }

  /** a₁·b₁ + … + aₙ·bₙ + bias: what a neuron computes; a ShapeError when there are not as many a as b. */
  static dot(a: readonly Operand[], b: readonly Operand[], bias: Operand = 0): Value {
    if (!isList(a) || !isList(b)) for (const list of [a, b]) operandsOf("Value.dot", list);
    const n = a.length;
    if (b.length !== n)
      throw new ShapeError({
        where: "Value.dot",
        expected: "lists of one length",
        got: `${n} and ${b.length} numbers`,
      });
    const parents = new Array<Value>(2 * n + 1);
    const derivatives = new Array<number>(2 * n + 1);
    const last = Value.of(bias);
    let total = last.data;
    for (let i = 0; i < n; i++) {
      const x = Value.of(a[i]);
      const y = Value.of(b[i]);
      total += x.data * y.data;
      parents[i] = x;
      derivatives[i] = y.data;
      parents[n + i] = y;
      derivatives[n + i] = x.data;
    }
    parents[2 * n] = last;
    derivatives[2 * n] = 1;
    return made("dot", total, parents, derivatives);
  }

  // ---- The same as functions, for a number on the left: `Value.sub(1, v)` is 1 - v

  static add = (a: Operand, b: Operand): Value => Value.of(a).add(b);
  static sub = (a: Operand, b: Operand): Value => Value.of(a).sub(b);
  static mul = (a: Operand, b: Operand): Value => Value.of(a).mul(b);
  static div = (a: Operand, b: Operand): Value => Value.of(a).div(b);
  static pow = (a: Operand, b: Operand): Value => Value.of(a).pow(b);
  static maximum = (a: Operand, b: Operand): Value => Value.of(a).maximum(b);
  static minimum = (a: Operand, b: Operand): Value => Value.of(a).minimum(b);

  // ---- For people to read

  /** In six digits: `Value(2.5, grad 1, "loss" = add)`. */
  toString(): string {
    const six = (x: number) => Number(x.toPrecision(6));
    const origin = [this.label && `"${this.label}"`, this.op].filter(Boolean).join(" = ");
    return `Value(${six(this.data)}, grad ${six(this.grad)}${origin && `, ${origin}`})`;
  }

  [inspect](): string {
    return this.toString();
  }

  /** The number alone: a graph's many shared paths would make an endless text. */
  toJSON(): number {
    return this.data;
  }

  /** In a text, a Value shows itself; in arithmetic or a comparison it throws, since the gradient would be lost. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new DTypeError({
      where: "Value",
      expected: "an operation that keeps gradients",
      got: `${this.toString()} as a plain number (in +, *, <, == and so on)`,
      hint: "Write v.mul(2) for v * 2, Value.sub(1, v) for 1 - v, v.data for the number.",
    });
  }
}

/**
 * A Value to start from: an input or a parameter.
 *
 * @throws DTypeError when `data` is not a number.
 * @example
 * const x = value(3, "x");
 */
export function value(data: number, label = ""): Value {
  return new Value(data, label);
}

/** The operands of a list as Values, at least so many. */
function operandsOf(where: string, operands: readonly Operand[], least = 0): Value[] {
  if (!isList(operands)) refuse(where, "an array of Values", operands, ONE_NUMBER);
  if (operands.length >= least) return Array.from(operands, (operand) => Value.of(operand));
  throw new ValueError({ where, expected: "at least one value", got: "none" });
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function refuse(where: string, expected: string, got: unknown, hint?: string): never {
  throw new DTypeError({ where, expected, got: describe(got), hint });
}

function made(op: string, data: number, parents: readonly Value[], derivatives: readonly number[]): Value {
  return new Value(data, "", op, parents, derivatives);
}
