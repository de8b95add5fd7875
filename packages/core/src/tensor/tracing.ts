/**
 * The switch between running operations and noting them: what the tensor core knows of `jit`.
 */
import type { Op, TensorSpec } from "./op.ts";
import type { Parameter } from "./parameter.ts";
import type { Tensor } from "./tensor.ts";

/** A value in a trace; only the tracer that made it knows more. */
export interface TracedValue {
  readonly id: number;
}

/** What `jit` puts in the place of running. */
export interface Tracer {
  /** Notes an operation and returns a tensor without numbers that stands for its result. */
  apply(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor;
  /** The parameter's value at this point of the trace. */
  valueOf(parameter: Parameter): TracedValue;
  /** Notes that the parameter has this value from here on. */
  assign(parameter: Parameter, value: Tensor): void;
  /** Told of every tensor just before it is made to require a gradient. */
  beforeRequiringGrad(x: Tensor): void;
  /** The gradient that the leaf has at this point of the trace, given the one that it holds. */
  gradientOf(leaf: Tensor, held: Tensor | null): Tensor | null;
  /** Told of every leaf just before another gradient is left on it, or the one that it holds is forgotten. */
  beforeGradientChanges(leaf: Tensor, held: Tensor | null): void;
  /** The value that the tensor has in this call, for a variable that is made of it. */
  evaluate(x: Tensor): Tensor;
  /** Registers something to be done before every run of what is compiled. */
  everyRun(effect: () => void): void;
  /** Throws: a value is asked for that is not there while tracing. */
  refuse(x: Tensor): never;
}

/** The tracer at work; null where operations run at once. */
export let tracer: Tracer | null = null;

/** Whether `jit` is noting operations, so that tensors have no numbers: checks that read values are to be skipped. */
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

/**
 * Does something now, and, within `jit`, again before every run of the compiled function: for what a step does in plain
 * JavaScript, such as counting.
 *
 * Within `jit` it happens before all tensor operations of the step, whatever its place among them.
 *
 * @example
 * let steps = 0;
 * everyRun(() => { steps++; });
 * steps; // 1
 */
export function everyRun(effect: () => void): void {
  if (tracer) tracer.everyRun(effect);
  else effect();
}
