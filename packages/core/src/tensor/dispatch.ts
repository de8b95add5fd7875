/**
 * The one dispatch point: every operation on tensors goes through `applyOp`.
 */
import { checkFunction } from "../arguments.ts";
import { describe, GraphError, isPromise } from "../errors.ts";
import { backend } from "./backend.ts";
import { allocateFor, isFloat } from "./dtype.ts";
import type { Op, TensorSpec } from "./op.ts";
import { type Scope, scope } from "./scope.ts";
import { Tensor } from "./tensor.ts";
import { tracer } from "./tracer.ts";

/** How a tensor was made: an entry of the tape, kept while a gradient may be asked for. */
export class TapeEntry {
  /** Private, so that a test's toEqual, which goes through fields, finds equal what was made alike. */
  readonly #order = ++entriesMade;
  readonly op: Op;
  readonly attributes: unknown;
  /** The call of a module or a loss in which it was made. */
  readonly scope: Scope | null;
  /** The inputs as they were; null some time after the graph has been released. */
  inputs: readonly Tensor[] | null;
  /** Cleared with the inputs, so that a result the user keeps does not keep the tape. */
  output: Tensor | null;
  /** Whether a backward pass went through it and gave it up. */
  isReleased = false;

  constructor(op: Op, inputs: readonly Tensor[], attributes: unknown, output: Tensor) {
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.scope = scope;
    this.output = output;
  }

  /** Entries are numbered as they are made, so a larger number never feeds a smaller one. */
  get order(): number {
    return this.#order;
  }
}

let entriesMade = 0;
let gradEnabled = true;

/**
 * Whether operations are put on the tape for a later backward pass.
 *
 * @example noGrad(() => isGradEnabled()); // false
 */
export function isGradEnabled(): boolean {
  return gradEnabled;
}

/** Runs `f` with the tape on or off, whatever it was before. */
export function withGradEnabled<T>(on: boolean, f: () => T): T {
  checkFunction(on ? "enableGrad" : "noGrad", f);
  const before = gradEnabled;
  gradEnabled = on;
  try {
    return refusePromise(on ? "enableGrad" : "noGrad", f());
  } finally {
    gradEnabled = before;
  }
}

/** What a function returned. @throws GraphError for a promise, where the function must be done when it returns. */
export function refusePromise<T>(where: string, returned: T): T {
  if (!isPromise(returned)) return returned;
  throw new GraphError({
    where,
    expected: "a function that returns at once",
    got: `an async function, which returns ${describe(returned)}`,
    hint: "Await outside, and pass only the tensor operations.",
  });
}

/**
 * Applies `op`: checks the inputs, computes the result (or, while `jit` traces, records that it is to be computed), and
 * puts an entry on the tape where a gradient will be wanted.
 *
 * @throws what the op's own rule throws for inputs that do not fit.
 */
export function applyOp<Attributes>(op: Op<Attributes>, inputs: readonly Tensor[], attributes: Attributes): Tensor {
  const spec = op.inferShape(inputs, attributes);
  const output =
    watcher === null ? run(op as Op, inputs, attributes, spec) : watched(watcher, op as Op, inputs, attributes, spec);
  if (gradEnabled && op.gradient !== undefined && isFloat(spec.dtype) && inputs.some((input) => input.requiresGrad)) {
    output.requiresGrad = true;
    output.tapeEntry = new TapeEntry(
      op as Op,
      inputs.map((input) => input.snapshot()),
      attributes,
      output,
    );
  }
  return output;
}

function run(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
  return tracer === null ? compute(op, inputs, attributes, spec) : tracer.record(op, inputs, attributes, spec);
}

/** Is told of each op before it is applied, and returns who is told of its result. It may throw. */
export type OpWatcher = (
  op: Op,
  inputs: readonly Tensor[],
  attributes: unknown,
  spec: TensorSpec,
) => (output: Tensor) => void;

let watcher: OpWatcher | null = null;

/** Whether someone is shown every op as it is applied: then nothing is to be run in one piece. */
export function areOpsWatched(): boolean {
  return watcher !== null;
}

/**
 * Runs `f`, in which every op that it applies is shown to a watcher, whether it is computed or recorded; after those that
 * are watching already.
 */
export function withOpWatcher<T>(watch: OpWatcher, f: () => T): T {
  const before = watcher;
  watcher = before === null ? watch : oneAfterAnother(before, watch);
  try {
    return f();
  } finally {
    watcher = before;
  }
}

function oneAfterAnother(first: OpWatcher, second: OpWatcher): OpWatcher {
  return (...call) => {
    const [doneFirst, doneSecond] = [first(...call), second(...call)];
    return (output) => {
      doneFirst(output);
      doneSecond(output);
    };
  };
}

/** What an op is made of, where a tracer writes it in others, is not shown. */
function watched(watch: OpWatcher, op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
  const done = watch(op, inputs, attributes, spec);
  watcher = null;
  try {
    const output = run(op, inputs, attributes, spec);
    done(output);
    return output;
  } finally {
    watcher = watch;
  }
}

/** Computes the op's result of tensors that have numbers, by the backend or the op's own kernel. Nothing is checked. */
export function compute(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
  const { shape, dtype } = spec;
  if (op.kernel === "view") return new Tensor(inputs[0].storage, shape, dtype);
  const numbers = backend?.compute(op, inputs, attributes, spec) ?? null;
  if (numbers !== null) return new Tensor(numbers, shape, dtype);
  const output = new Tensor(allocateFor(op.name, shape, dtype), shape, dtype);
  refusePromise(op.name, op.kernel(output, inputs, attributes) as unknown);
  return output;
}
