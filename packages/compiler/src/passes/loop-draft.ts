/**
 * A repeat becomes a loop where, at every step, an input is made in the step itself, is what the step before made, is the same
 * value from outside, or a part of one that begins a little further on.
 */
import { isBuiltinOp, sameShape } from "@chainrule/core/internal";
import { isCopy } from "../codegen/copy.ts";
import { emitterFor } from "../codegen/emitters.ts";
import { isProduct, matmulFlops } from "../codegen/matmul.ts";
import { areEqualAttributes, type GraphNode } from "../ir/graph.ts";
import { isFusibleReduction } from "../ir/reads.ts";
import { isView } from "../ir/views.ts";
import type { Loop, Origin, StepInput, Window } from "./loop.ts";
import type { Operations } from "./loops.ts";
import { leastSteps, type Repeat } from "./repeats.ts";
import { attributesOf, movingAxis, placeOf, sumsIn } from "./running-sums.ts";

/** Whether code for the operation can be written once for all steps: addresses are all that it may differ in. */
function isRepeatable(node: GraphNode): boolean {
  const { op, lowering, size, inputs } = node;
  if (op === null || size === 0 || inputs.length === 0 || op.random || !isBuiltinOp(op)) return false;
  if (isView(node) || isProduct(node) || isCopy(node) || isFusibleReduction(node)) return true;
  return lowering?.kind === "elementwise" && emitterFor(node) !== null;
}

/**
 * Steps that take longer, by estimate in nanoseconds, are no loop: threads share the parts of one operation, whatever it is, and
 * cut loops by rows alone. With any number of threads, so that all compute the same bits.
 */
const longestStep = 200_000;
/** Of a multiplication or addition of a product, and of an element of anything else. */
const perFlop = 1 / 40;
const perElement = 0.5;

function costOf(node: GraphNode): number {
  return isProduct(node) ? matmulFlops(node) * perFlop : isView(node) ? 0 : node.size * perElement;
}

/** A loop in the making: which steps follow the pattern of those in the middle. */
export class LoopDraft {
  readonly #operations: Operations;
  readonly #originOf: (node: GraphNode) => Origin;
  readonly #period: number;
  /** The first operation of step 0, and how many steps there are. */
  readonly #first: number;
  readonly #steps: number;
  /** The step that the others are compared with. */
  readonly #middle: number;
  #inputs: (StepInput[] | null)[] = [];
  #windows: Window[] = [];
  #windowAt = new Map<number, number>();
  readonly #hoisted = new Set<number>();
  /** The operations that lay what they get further on in zeros at each step. */
  readonly #movingScatters = new Set<number>();

  constructor(repeat: Repeat, operations: Operations, originOf: (node: GraphNode) => Origin) {
    this.#operations = operations;
    this.#originOf = originOf;
    this.#period = repeat.period;
    this.#first = this.#bestFirst(repeat);
    this.#steps = Math.floor((repeat.end - this.#first) / repeat.period);
    this.#middle = Math.floor(this.#steps / 2);
  }

  /** Where steps begin: where the least has to be passed on to the next. */
  #bestFirst({ first, end, period }: Repeat): number {
    const from = first + period * Math.floor((end - first) / period / 3);
    const passedOn = new Float64Array(period);
    const furthest = new Map<GraphNode, number>();
    for (let index = from; index < from + 3 * period; index++)
      for (const input of this.#operations.all[index].inputs) {
        const made = this.#operations.indexOf(input);
        if (made >= from && made < from + period) furthest.set(input, index);
      }
    for (const [node, index] of furthest) {
      const made = this.#operations.indexOf(node);
      // What is read after the step that follows cannot be passed on.
      for (let at = made + 1; at <= index; at++)
        passedOn[(at - from) % period] += at - made > period ? Number.POSITIVE_INFINITY : node.size;
    }
    let best = 0;
    for (let shift = 1; shift < period; shift++) if (passedOn[shift] < passedOn[best]) best = shift;
    return first + ((((from + best - first) % period) + period) % period);
  }

  #nodeAt(step: number, at: number): GraphNode {
    return this.#operations.all[this.#first + step * this.#period + at];
  }

  #isLong(): boolean {
    let cost = 0;
    for (let at = 0; at < this.#period; at++) cost += costOf(this.#nodeAt(this.#middle, at));
    return cost > longestStep;
  }

  loop(): Loop | null {
    if (this.#steps < leastSteps || this.#isLong() || !this.#takePattern()) return null;
    const middle = this.#middle;
    let [from, to] = [middle, middle];
    while (from > 0 && this.#follows(from, false) && this.#follows(from - 1, true)) from--;
    while (to + 1 < this.#steps && this.#follows(to + 1, false)) to++;
    const steps = to - from + 1;
    if (steps < leastSteps || !this.#comesLater(from)) return null;
    this.#windows = this.#windows.map(({ stride }, i): Window => {
      const [node, last] = [this.#windowNode(i, from), this.#windowNode(i, to)];
      return { node, last, stride, origin: this.#originOf(node) };
    });
    this.#hoist(from);
    const windows = this.#windows;
    const hoisted = this.#hoisted;
    const moving = windows.find(({ stride }) => stride !== 0);
    const isBackwards = moving !== undefined && moving.stride < 0 !== (moving.origin.made?.loop.reversed ?? false);
    const loop: Loop = {
      first: this.#first + from * this.#period,
      ...{ steps, inputs: this.#inputs, windowAt: this.#windowAt, hoisted, windows, sums: [] },
      reversed: isBackwards,
      nodeAt: (step, at) => this.#nodeAt(from + step, at),
    };
    const sums = sumsIn(loop, this.#operations);
    // What moves is no operation of the body.
    const isGone = (at: number) => sums.some(({ term }) => term === at);
    return [...this.#movingScatters].every(isGone) ? { ...loop, sums } : null;
  }

  /** Takes the step in the middle and those beside it as the pattern of all; false where they have none. */
  #takePattern(): boolean {
    const middle = this.#middle;
    for (let at = 0; at < this.#period; at++) {
      const [node, next] = [this.#nodeAt(middle, at), this.#nodeAt(middle + 1, at)];
      const isMoving = !areEqualAttributes(attributesOf(node), attributesOf(next));
      if (isMoving && movingAxis(node, next) === null) {
        const window = isView(node) ? this.#window(node, next) : null;
        if (window === null) return false;
        this.#windowAt.set(at, window);
        this.#inputs.push(null);
        continue;
      }
      if (isMoving) this.#movingScatters.add(at);
      if (!isRepeatable(node)) return false;
      const inputs = node.inputs.map((input, i) => this.#inputOf(input, next.inputs[i]));
      if (!inputs.every((input) => input !== null)) return false;
      this.#inputs.push(inputs);
    }
    return true;
  }

  /** What an input is that is `node` in the step in the middle, and `next` in the one after. */
  #inputOf(node: GraphNode, next: GraphNode): StepInput | null {
    if (isSameConstant(node, next)) return { kind: "constant", node };
    const middle = this.#middle;
    const place = this.#placeOf(next);
    if (place && (place.step === middle + 1 || place.step === middle)) {
      const { at, step } = place;
      if (node !== this.#nodeAt(step - 1, at)) return null;
      const window = this.#windowAt.get(at);
      if (window !== undefined) return step === middle + 1 ? { kind: "window", window } : null;
      return { kind: step === middle + 1 ? "step" : "before", at };
    }
    const window = this.#window(node, next);
    return window === null ? null : { kind: "window", window };
  }

  #placeOf(node: GraphNode): { readonly step: number; readonly at: number } | null {
    const index = this.#operations.indexOf(node) - this.#first;
    if (index < 0) return null;
    return { step: Math.floor(index / this.#period), at: index % this.#period };
  }

  /** The number of the window through which the steps in the middle read this; null for none. */
  #window(node: GraphNode, next: GraphNode): number | null {
    const [origin, other] = [this.#originOf(node), this.#originOf(next)];
    if (!isSameBase(origin, other) || !sameShape(node.shape, next.shape)) return null;
    if (!sameShape(origin.strides, other.strides)) return null;
    const stride = other.offset - origin.offset;
    if (origin.made && stride % origin.base.size !== 0) return null;
    const known = this.#windows.findIndex((window) => window.node === node && window.stride === stride);
    return known >= 0 ? known : this.#windows.push({ node, last: next, origin, stride }) - 1;
  }

  /** What a step reads through a window. */
  #windowNode(window: number, step: number): GraphNode {
    for (const [at, each] of this.#windowAt) if (each === window) return this.#nodeAt(step, at);
    for (const [at, inputs] of this.#inputs.entries())
      for (const [i, input] of (inputs ?? []).entries())
        if (input.kind === "window" && input.window === window) return this.#nodeAt(step, at).inputs[i];
    throw new RangeError("a window that nobody reads through");
  }

  /** Whether the step goes as the one in the middle. @param isFirst whether what it gets from before may be anything. */
  #follows(step: number, isFirst: boolean): boolean {
    for (let at = 0; at < this.#period; at++) {
      const [node, like] = [this.#nodeAt(step, at), this.#nodeAt(this.#middle, at)];
      if (node.op !== like.op || node.dtype !== like.dtype || !sameShape(node.shape, like.shape)) return false;
      const inputs = this.#inputs[at];
      if (inputs === null) {
        if (!this.#isInWindow(this.#windowAt.get(at)!, node, step)) return false;
        continue;
      }
      if (this.#movingScatters.has(at) ? !this.#isMoved(at, step) : !haveEqualAttributes(node, like)) return false;
      for (let i = 0; i < inputs.length; i++)
        if (!this.#isInput(inputs[i], node.inputs[i], step, isFirst, like.inputs[i])) return false;
    }
    return true;
  }

  /** Whether a part lies where it must at this step. */
  #isMoved(at: number, step: number): boolean {
    if (step === this.#middle) return true;
    const [node, next, own] = [this.#middle, this.#middle + 1, step].map((each) => this.#nodeAt(each, at));
    const [from, to, there] = [node, next, own].map((each) => placeOf(each)!);
    const axis = movingAxis(node, own);
    const by = (step - this.#middle) * (to.starts[movingAxis(node, next)!] - from.starts[movingAxis(node, next)!]);
    return axis !== null && there.starts[axis] - from.starts[axis] === by;
  }

  #isInput(input: StepInput, node: GraphNode, step: number, isFirst: boolean, like: GraphNode): boolean {
    switch (input.kind) {
      case "constant":
        return isSameConstant(input.node, node);
      case "step":
        return node === this.#nodeAt(step, input.at);
      case "before":
        if (!isFirst) return step > 0 && node === this.#nodeAt(step - 1, input.at);
        return this.#isEarlier(node, step) && node.dtype === like.dtype && sameShape(node.shape, like.shape);
      case "window":
        return this.#isInWindow(input.window, node, step);
    }
  }

  #isInWindow(window: number, node: GraphNode, step: number): boolean {
    const { origin, stride } = this.#windows[window];
    const own = this.#originOf(node);
    const isThere = own.offset === origin.offset + (step - this.#middle) * stride;
    return isThere && isSameBase(own, origin) && sameShape(own.strides, origin.strides);
  }

  /** Whether the node is there before the step begins. */
  #isEarlier(node: GraphNode, step: number): boolean {
    return this.#operations.indexOf(node) < this.#first + step * this.#period;
  }

  /** Takes what is the same at each step out of the steps: it is what the first step makes. */
  #hoist(from: number): void {
    const carried = new Set(this.#inputs.flatMap((inputs) => beforeIn(inputs ?? [])));
    this.#inputs.forEach((inputs, at) => {
      if (inputs === null) return;
      const own = inputs.map((input): StepInput => {
        const window = input.kind === "step" ? this.#windowAt.get(input.at) : undefined;
        return window === undefined ? input : { kind: "window", window };
      });
      this.#inputs[at] = own;
      const isSame = (input: StepInput) =>
        input.kind === "constant" || (input.kind === "window" && this.#windows[input.window].stride === 0);
      if (carried.has(at) || !own.every(isSame)) return;
      const node = this.#nodeAt(from, at);
      this.#hoisted.add(at);
      this.#windowAt.set(at, this.#windows.push({ node, last: node, origin: this.#originOf(node), stride: 0 }) - 1);
      this.#inputs[at] = null;
    });
  }

  /** Whether all that is read through windows is there before the first step. */
  #comesLater(step: number): boolean {
    return this.#windows.every(({ origin }) => this.#isEarlier(origin.base, step));
  }
}

/** Of the inputs, the numbers of the operations of the step before. */
function beforeIn(inputs: readonly StepInput[]): number[] {
  return inputs.flatMap((input) => (input.kind === "before" ? [input.at] : []));
}

function haveEqualAttributes(a: GraphNode, b: GraphNode): boolean {
  return areEqualAttributes(attributesOf(a), attributesOf(b));
}

function isSameConstant(a: GraphNode, b: GraphNode): boolean {
  if (a.uniform === null || !Object.is(a.uniform, b.uniform)) return false;
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** Whether both are views of one value, or of what the same operation of a loop makes in its steps. */
function isSameBase(a: Origin, b: Origin): boolean {
  if (a.made && b.made) return a.made.loop === b.made.loop && a.made.at === b.made.at;
  return a.base === b.base;
}
