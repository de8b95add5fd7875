/**
 * What a program computed: its operations, and the calls of layers and losses that they belong to.
 */
import { type Op, Parameter, Tensor } from "@chainrule/core";
import { noteLine, sameShape, withOpWatcher } from "@chainrule/core/internal";
import { type WatchedLoss, withLossWatcher } from "@chainrule/losses/internal";
import { isBuiltIn } from "../../built-in.ts";
import { type CallWatcher, type Module, withCallWatcher } from "../../module/module.ts";
import { leavesOf } from "../../module/tree.ts";

/** A tensor in the graph. */
export interface GraphValue {
  readonly tensor: Tensor;
  /** The operation that made it; null for parameters, data and constants. */
  readonly producer: GraphOp | null;
  /** The operations that take it. */
  readonly consumers: GraphOp[];
  /** The parameter that it is, or is a detached copy of. */
  readonly parameter: Parameter | null;
  /** Whether it is to be learned: a parameter, or another tensor that was made with `requiresGrad`. */
  readonly isWeight: boolean;
  /** What it is a detached copy of: the same numbers, through which no gradient goes. */
  readonly detachedFrom: GraphValue | null;
}

/** One operation. */
export interface GraphOp {
  readonly op: Op;
  readonly attributes: unknown;
  readonly inputs: readonly GraphValue[];
  readonly output: GraphValue;
  /** The innermost module whose call it belongs to. */
  readonly layer: LayerCall | null;
  /** The innermost of the library's losses, or of those made with `defineLoss`, that it belongs to. */
  readonly loss: LossCall | null;
  /** Where the user's program called it, as far as that was noted. */
  readonly line: () => string | undefined;
}

/** One call of a module. */
export interface LayerCall {
  readonly module: Module<unknown>;
  /** What error messages call it: `layer "dense_1" (Dense)`. */
  readonly title: string;
  /** The call within which it was made. */
  readonly outer: LayerCall | null;
  /** Whether the module was in training mode, and gradients were wanted. */
  readonly training: boolean;
  readonly inputs: readonly GraphValue[];
  /** Its tensors; none where it threw. */
  readonly outputs: readonly GraphValue[];
  readonly line: () => string | undefined;
}

/** One call of a loss. */
export interface LossCall {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: readonly LossInput[];
  /** Null where it threw. */
  readonly output: GraphValue | null;
  readonly line: () => string | undefined;
}

/** An input of a loss. */
export interface LossInput {
  /** "prediction", "target" and the like. */
  readonly role: string;
  /** Which numbers the loss takes there. */
  readonly domain: WatchedLoss["inputs"][number]["domain"];
  /** Whether it is data, not something to learn. */
  readonly isGiven: boolean;
  readonly value: GraphValue;
}

/** Everything that a program computed, in its order. */
export interface Graph {
  readonly ops: readonly GraphOp[];
  readonly layers: readonly LayerCall[];
  readonly losses: readonly LossCall[];
  /** The value of a tensor, where the program used it. */
  valueOf(tensor: Tensor): GraphValue | null;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

const noLine = () => undefined;

/** Records what a program computes. */
export class GraphRecorder implements Graph {
  readonly ops: GraphOp[] = [];
  readonly layers: LayerCall[] = [];
  readonly losses: LossCall[] = [];
  readonly #values = new Map<Tensor, GraphValue>();
  /** By the numbers: a detached tensor is another one of the same. */
  readonly #byNumbers = new Map<object, GraphValue[]>();
  #layer: Open<LayerCall> | null = null;
  #loss: Open<LossCall> | null = null;

  /** Runs `f`, and records what it computes. */
  record<T>(f: () => T): T {
    return withOpWatcher(
      (op, inputs, attributes) => {
        const node: Open<GraphOp> = {
          op,
          attributes,
          inputs: inputs.map((input) => this.#use(input)),
          output: null!,
          layer: this.#layer,
          loss: this.#loss,
          line: this.#loss?.line ?? this.#note(),
        };
        for (const input of new Set(node.inputs)) input.consumers.push(node);
        return (output) => {
          node.output = this.#add(output, node);
          this.ops.push(node);
        };
      },
      () =>
        withLossWatcher(
          (call) => this.#beginLoss(call),
          () => withCallWatcher(this.#calls, f),
        ),
    );
  }

  valueOf(tensor: Tensor): GraphValue | null {
    return this.#values.get(tensor) ?? this.#copyOf(tensor);
  }

  readonly #calls: CallWatcher = {
    begin: (module, inputs, title) => {
      let text: string | undefined;
      const call: Open<LayerCall> = {
        module,
        get title() {
          text ??= title();
          return text;
        },
        outer: this.#layer,
        training: module.training,
        inputs: inputs.map((input) => this.#use(input)),
        outputs: [],
        line: this.#note(),
      };
      this.layers.push(call);
      this.#layer = call;
    },
    end: (_module, output) => {
      const isTensor = (x: unknown) => x instanceof Tensor;
      const found = leavesOf(output, isTensor as (x: unknown) => x is Tensor);
      this.#layer!.outputs = found.map(([tensor]) => this.#use(tensor));
      this.#layer = this.#layer!.outer as Open<LayerCall> | null;
    },
  };

  #beginLoss({ name, options, inputs }: WatchedLoss): (output: Tensor) => void {
    const outer = this.#loss;
    const call: Open<LossCall> = {
      name,
      options,
      inputs: inputs.flatMap(({ value, ...rest }) =>
        value instanceof Tensor ? [{ ...rest, value: this.#use(value) }] : [],
      ),
      output: null,
      line: this.#note(),
    };
    this.losses.push(call);
    this.#loss = call;
    return (output) => {
      call.output = this.#use(output);
      this.#loss = outer;
    };
  }

  /** Notes where the user's program is. Of the library's layers it is of interest where they were made, and not noted here. */
  #note(): () => string | undefined {
    return this.#layer && isBuiltIn(this.#layer.module.constructor) ? noLine : noteLine();
  }

  #use(tensor: Tensor): GraphValue {
    return this.#values.get(tensor) ?? this.#add(tensor, null);
  }

  #add(tensor: Tensor, producer: GraphOp | null): GraphValue {
    const detachedFrom = producer === null ? this.#copyOf(tensor) : null;
    const parameter = tensor instanceof Parameter && !tensor.isBuffer ? tensor : (detachedFrom?.parameter ?? null);
    const isWeight = parameter !== null || (producer === null && tensor.requiresGrad && tensor.isLeaf);
    const value: GraphValue = { tensor, producer, consumers: [], parameter, isWeight, detachedFrom };
    this.#values.set(tensor, value);
    const numbers = tensor.held;
    if (numbers !== null) {
      const known = this.#byNumbers.get(numbers);
      if (known) known.push(value);
      else this.#byNumbers.set(numbers, [value]);
    }
    return value;
  }

  /** What a tensor that no operation made has its numbers of. */
  #copyOf(tensor: Tensor): GraphValue | null {
    if (tensor instanceof Parameter || tensor.held === null) return null;
    const known = this.#byNumbers.get(tensor.held);
    return known?.findLast((value) => sameShape(value.tensor.shape, tensor.shape)) ?? null;
  }
}
