/**
 * The one door: every operation on tensors goes through `run`.
 */
import { GraphError } from "../errors.ts";
import { manyElements } from "../kernels/elementwise-wasm.ts";
import { allocate, isFloat } from "./dtype.ts";
import type { Op, TensorSpec } from "./op.ts";
import { sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { tracer } from "./tracing.ts";

/** How a tensor was made: a step on the tape, kept while a gradient may be asked for. */
export class Step {
  /** Steps are numbered as they happen, so a larger number never feeds a smaller one. */
  readonly order: number;
  readonly op: Op;
  readonly attributes: unknown;
  /** The inputs as they were; null once the graph has been released. */
  inputs: readonly Tensor[] | null;
  /** Cleared with the inputs, so that a result the user keeps does not keep the tape. */
  output: Tensor | null;

  constructor(op: Op, inputs: readonly Tensor[], attributes: unknown, output: Tensor) {
    this.order = ++stepsTaken;
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.output = output;
  }
}

let stepsTaken = 0;
let recording = true;

/** Whether operations are being noted for a later backward pass. */
export function isRecording(): boolean {
  return recording;
}

/** Runs `f` with the tape on or off, whatever it was before. */
export function withRecording<T>(on: boolean, f: () => T): T {
  const before = recording;
  recording = on;
  try {
    const result = f();
    if (result instanceof Promise)
      throw new GraphError({
        where: "noGrad",
        expected: "a function that returns at once",
        got: "an async function",
        hint: "Await outside, and wrap only the tensor operations.",
      });
    return result;
  } finally {
    recording = before;
  }
}

/**
 * Applies `op`: checks the inputs, computes the result (or, while `jit` traces, notes that it is to be computed), and
 * notes the step where a gradient will be wanted.
 *
 * @throws what the op's own rule throws for inputs that do not fit.
 */
export function run<Attributes>(op: Op<Attributes>, inputs: readonly Tensor[], attributes: Attributes): Tensor {
  const spec = op.inferShape(inputs, attributes);
  const output =
    tracer === null ? compute(op as Op, inputs, attributes, spec) : tracer.apply(op as Op, inputs, attributes, spec);
  if (recording && op.gradient !== undefined && isFloat(spec.dtype) && inputs.some((input) => input.requiresGrad)) {
    output.requiresGrad = true;
    output.step = new Step(
      op as Op,
      inputs.map((input) => input.snapshot()),
      attributes,
      output,
    );
  }
  return output;
}

/** Runs the op's kernel on tensors that have numbers. Nothing is checked or noted. */
export function compute(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
  const { shape, dtype } = spec;
  if (op.kernel === "view") return new Tensor(inputs[0].storage, shape, dtype);
  const numbers = manyElements(op, inputs, attributes, spec);
  if (numbers !== null) return new Tensor(numbers, shape, dtype);
  const output = new Tensor(allocate(dtype, sizeOf(shape)), shape, dtype);
  op.kernel(output, inputs, attributes);
  return output;
}
