/**
 * The tracer behind `vmap`: inside of it, a tensor stands for one example's, and each op is applied to all examples at
 * once. Gradients need nothing of their own: what the tape and its rules do inside goes through here, too.
 */
import { GraphError, type Op, OptionError, Parameter, Tensor, type TensorSpec } from "@chainrule/core";
import {
  applyOp,
  type Effect,
  formatShape,
  perform,
  type StateTracer,
  type TracedValue,
  type Tracer,
  tracer,
  userLine,
  withTracer,
} from "@chainrule/core/internal";
import type { BatchedCall, Operand } from "./operand.ts";
import { applyOwnOp } from "./own-ops.ts";
import { drawForEach } from "./random.ts";
import { RefusedNumbers } from "./refused.ts";
import { ruleOf } from "./rules.ts";

/** Whether examples draw different random numbers, the same, or may not draw. */
export type Randomness = "error" | "different" | "same";

/** What a tensor inside stands for: one for all examples at once, or one that they share. */
class BatchedValue implements TracedValue, Operand {
  readonly id = 0;
  readonly level: Level;
  readonly x: Tensor;
  readonly isBatched: boolean;

  constructor(level: Level, x: Tensor, isBatched: boolean) {
    this.level = level;
    this.x = x;
    this.isBatched = isBatched;
  }
}

/** One call of a function that is mapped. */
export class Level implements Tracer, StateTracer {
  readonly #where: string;
  readonly #count: number;
  readonly #outer: Tracer | null;
  readonly #randomness: Randomness;
  /** Tensors that became leaves inside, on which a backward pass may leave gradients. */
  readonly #leaves = new Set<Tensor>();
  /** Tensors from outside that became leaves inside, and what they stood for before. */
  readonly #borrowed: { readonly x: Tensor; readonly before: TracedValue | null }[] = [];
  #lastResult: Tensor | null = null;
  #hasRefused = false;

  /** @param outer who computes, or records, what is done to all examples at once. */
  constructor(where: string, count: number, outer: Tracer | null, randomness: Randomness) {
    this.#where = where;
    this.#count = count;
    this.#outer = outer;
    this.#randomness = randomness;
  }

  /** Whether the numbers are at hand, and not only recorded. */
  get isEager(): boolean {
    return this.#outer === null;
  }

  /** Runs a function inside. @throws RefusedNumbers also where the function caught it. */
  run<T>(f: () => T): T {
    try {
      const result = withTracer(this, f);
      if (this.#hasRefused) throw this.#refuseNumbers();
      return result;
    } finally {
      for (const { x, before } of this.#borrowed) x.traced = before;
    }
  }

  #refuseNumbers(): RefusedNumbers {
    this.#hasRefused = true;
    return new RefusedNumbers(this);
  }

  #outside<T>(f: () => T): T {
    return withTracer(this.#outer, f);
  }

  /** The tensor that stands for one example's, given that of all examples, which lie along axis 0; or one that they share. */
  inside(x: Tensor, isBatched: boolean): Tensor {
    const shape = isBatched ? x.shape.slice(1) : x.shape;
    const made = new Tensor(isBatched ? null : x.held, shape, x.dtype);
    made.traced = new BatchedValue(this, x, isBatched);
    if (x.requiresGrad)
      withTracer(null, () => {
        made.requiresGrad = true;
      });
    return made;
  }

  /** What a tensor inside stands for. What the tape inside was cut off from, that outside is, too. */
  operandOf(x: Tensor): Operand {
    const value = x.traced;
    if (!(value instanceof BatchedValue && value.level === this)) return { x, isBatched: false };
    if (x.requiresGrad || !value.x.requiresGrad) return value;
    return { x: this.#outside(() => value.x.detach()), isBatched: value.isBatched };
  }

  record(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
    const operands = inputs.map((x) => this.operandOf(x));
    const isDrawnForEach = op.random === true && this.#randomness !== "same";
    if (isDrawnForEach && this.#randomness === "error") throw this.#refuseDraw();
    const isBatched = isDrawnForEach || operands.some((operand) => operand.isBatched);
    const call: BatchedCall = { operands, attributes, count: this.#count, spec };
    const result = this.#outside(() => (isBatched ? this.#applyToAll(op, call) : applyOnce(op, call)));
    // What all examples share and no gradient inside is asked for is as well outside.
    if (!isBatched && !inputs.some((x) => x.requiresGrad)) return result;
    this.#lastResult = this.inside(result, isBatched);
    return this.#lastResult;
  }

  #applyToAll(op: Op, call: BatchedCall): Tensor {
    try {
      if (op.random) return drawForEach(op, call);
      const rule = ruleOf(op, call.attributes);
      return rule?.(call) ?? applyOwnOp(op, call, () => new Level(op.name, this.#count, tracer, this.#randomness));
    } catch (error) {
      // An index that is not there, say: shapes and dtypes were looked at before.
      if (this.isEager && error instanceof Error && error.name === "ValueError") throw this.#refuseNumbers();
      throw error;
    }
  }

  #refuseDraw(): OptionError {
    return new OptionError({
      where: this.#where,
      expected: "a choice of whether each example draws random numbers of its own",
      got: "a function that draws them, and no such choice",
      hint: 'Write vmap(f, { randomness: "different" }), or "same" for numbers that all examples share. A model in evaluation mode draws none.',
    });
  }

  refuseRead(x: Tensor): never {
    const line = userLine();
    throw new GraphError({
      where: `${this.#where}${line ? `, at ${line}` : ""}`,
      expected: "only operations on tensors, which are done for all examples at once",
      got: `a read of the numbers of a tensor of shape ${formatShape(x.shape)} (item(), toArray(), printing, or a branch that depends on them)`,
      hint: "To choose by a value, write where(condition, a, b); to see a value, return it from the function.",
    });
  }

  get state(): StateTracer {
    return this;
  }

  get #outerState(): StateTracer | null {
    return this.#outer?.state ?? null;
  }

  valueOf(parameter: Parameter): TracedValue {
    return new BatchedValue(
      this,
      this.#outside(() => parameter.snapshot()),
      false,
    );
  }

  assign(parameter: Parameter, value: Tensor): void {
    const { x, isBatched } = this.operandOf(value);
    if (isBatched)
      throw new GraphError({
        where: this.#where,
        expected: "parameters and buffers that all examples share, and that stay as they are",
        got: `an assignment of another value for each example, to one of shape ${formatShape(parameter.shape)}`,
        hint: "Return the values, and assign outside. Layers with running statistics assign them in training mode only: call model.eval() before.",
      });
    this.#outside(() => parameter.assign(x));
  }

  beforeRequiringGrad(x: Tensor): void {
    // What an op made is no leaf; a snapshot of a parameter is the parameter's.
    if (x === this.#lastResult || x.leaf !== x || x instanceof Parameter) return;
    this.#leaves.add(x);
    const { x: outside, isBatched } = this.operandOf(x);
    if (!isBatched) this.#borrowed.push({ x, before: x.traced });
    x.traced = new BatchedValue(
      this,
      this.#outside(() => outside.detach()),
      isBatched,
    );
  }

  gradientOf(_leaf: Tensor, held: Tensor | null): Tensor | null {
    return held;
  }

  beforeGradientChanges(leaf: Tensor): void {
    if (this.#leaves.has(leaf)) return;
    throw new GraphError({
      where: this.#where,
      expected: "gradients as results",
      got: `backward() or zeroGrad(), which would change, for each example, that of a ${leaf instanceof Parameter ? "parameter" : "tensor"} of shape ${formatShape(leaf.shape)}`,
      hint: "Return them: gradients([loss], [w]), or vmap(grad(f)).",
    });
  }

  evaluate(x: Tensor): Tensor {
    const operand = this.operandOf(x);
    if (!operand.isBatched) return this.#outside(() => this.#outerState?.evaluate(operand.x) ?? operand.x);
    throw new GraphError({
      where: this.#where,
      expected: "parameters and buffers made of what all examples share",
      got: `one made of an example's tensor of shape ${formatShape(x.shape)}`,
      hint: "Make it outside.",
    });
  }

  everyRun(effect: Effect): void {
    if (this.#outerState) this.#outerState.everyRun(effect);
    else perform(effect);
  }

  dependsOn(owner: object, read?: () => unknown): void {
    this.#outerState?.dependsOn(owner, read);
  }

  beforeDrawing(): void {
    this.#outerState?.beforeDrawing();
  }

  endsUserCode(): void {}

  guard(bad: Tensor): void {
    const { x } = this.operandOf(bad);
    if (this.#outerState) this.#outside(() => this.#outerState!.guard(x));
    else if (x.storage.some((flag) => flag !== 0)) throw this.#refuseNumbers();
  }
}

function applyOnce(op: Op, { operands, attributes }: BatchedCall): Tensor {
  return applyOp(
    op,
    operands.map(({ x }) => x),
    attributes,
  );
}
