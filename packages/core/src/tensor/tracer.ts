/**
 * Who records ops instead of computing them: the seam through which `jit` sees what a function does to tensors.
 */
import { checkFunction } from "../arguments.ts";
import { JitError } from "../errors.ts";
import { onFailure } from "./atomic.ts";
import type { Op, TensorSpec } from "./op.ts";
import type { Parameter } from "./parameter.ts";
import type { Tensor } from "./tensor.ts";

/** Something done in plain JavaScript; it may return what undoes it. */
export type Effect = () => unknown;

/** A value in a trace; only the tracer that made it knows more. */
export interface TracedValue {
  readonly id: number;
}

/** Takes the place of computing. All that a rewriter of graphs implements. */
export interface Tracer {
  /** Records an op and returns a tensor without numbers that stands for its result. */
  record(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor;
  /** Throws: numbers are asked for that are not there while tracing. */
  refuseRead(x: Tensor): never;
  /** What the function changes beside tensors; null where only ops are recorded, and anything else is refused. */
  readonly state: StateTracer | null;
}

/** Records what a function does to parameters, buffers, gradients and plain JavaScript state. */
export interface StateTracer {
  /** The parameter's value at this point of the trace. */
  valueOf(parameter: Parameter): TracedValue;
  /** Records that the parameter has this value from here on. */
  assign(parameter: Parameter, value: Tensor): void;
  /** Told of every tensor just before it is made to require a gradient. */
  beforeRequiringGrad(x: Tensor): void;
  /** The gradient that the leaf has at this point of the trace, given the one that it holds. */
  gradientOf(leaf: Tensor, held: Tensor | null): Tensor | null;
  /** Told of every leaf just before another gradient is left on it, or the one that it holds is forgotten. */
  beforeGradientChanges(leaf: Tensor, held: Tensor | null): void;
  /** The value that the tensor has in this call, for a buffer that is made of it. */
  evaluate(x: Tensor): Tensor;
  /** Registers something to be done before every run of what is compiled, with {@link perform}. */
  everyRun(effect: Effect): void;
  /**
   * Records that what is traced holds as long as the owner's properties are as they are now, such as the mode of a module.
   *
   * @param read what else of the owner decides.
   */
  dependsOn(owner: object, read?: () => unknown): void;
  /** Told before a generator is seeded or asked for plain numbers, other than by an op. */
  beforeDrawing(): void;
  /** Told from which step's result a backward pass sends gradients on from here, and null at its end. */
  sendsBack?(result: Tensor | null): void;
  /** Told where the rest of what is traced is the library's and follows from this result; it may throw, to end the trace. */
  endsUserCode(result: Tensor): void;
  /** Records that no run goes beyond here if something in the tensor, which is bool, is true. */
  guard(bad: Tensor): void;
}

/** The tracer at work; null where operations are computed at once. */
export let tracer: Tracer | null = null;

/**
 * Whether operations are being recorded, so that tensors have no numbers. To check numbers all the same, use
 * {@link refuseWhere}.
 *
 * @example isTracing(); // false
 */
export function isTracing(): boolean {
  return tracer !== null;
}

/** Runs `f` with a tracer, or (null) without. */
export function withTracer<T>(next: Tracer | null, f: () => T): T {
  const before = tracer;
  tracer = next;
  try {
    return f();
  } finally {
    tracer = before;
  }
}

/** The tracer's record of state, null outside of a trace. @throws JitError where the tracer records ops alone. */
export function stateTracer(): StateTracer | null {
  if (tracer === null) return null;
  if (tracer.state !== null) return tracer.state;
  throw new JitError({
    where: "tracing",
    expected: "operations on tensors alone",
    got: "a parameter, a gradient, or another state",
    hint: "A rewrite rule or a composed op is a pure function of its inputs.",
  });
}

/**
 * Does something now, and, within `jit`, again before every run of the compiled function: for what a step does in plain
 * JavaScript, such as counting.
 *
 * Within `jit` it happens before all tensor operations of the step, whatever its place among them. Where a step fails,
 * what the effect returned, if that is a function, is called to undo it: a step happens whole or not at all.
 *
 * @example
 * let steps = 0;
 * everyRun(() => {
 *   steps++;
 *   return () => { steps--; };
 * });
 * steps; // 1
 */
export function everyRun(effect: () => unknown): void {
  checkFunction("everyRun", effect);
  const state = stateTracer();
  if (state) state.everyRun(effect);
  else perform(effect);
}

/** Does something, and notes what undoes it. */
export function perform(effect: Effect): void {
  const undo = effect();
  if (typeof undo === "function") onFailure(undo as () => void);
}
