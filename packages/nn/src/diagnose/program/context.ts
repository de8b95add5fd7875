/**
 * What the rules of a diagnosis look at: a program's graph, and numbers that are worked out when a rule asks for them.
 */
import { gradients, type Parameter, type Tensor } from "@chainrule/core";
import type { Module } from "../../module/module.ts";
import { trial } from "../../module/trial.ts";
import type { Optimizer } from "../../optimizers/index.ts";
import { type Graph, GraphRecorder, type GraphValue, type LayerCall } from "./graph.ts";
import type { Program } from "./program.ts";

/** What was computed of a program: with a loss, or with the error that came in its place. */
export interface Computed {
  readonly graph: Graph;
  readonly loss: Tensor | null;
  readonly error: unknown;
}

/** What a step of training that has been taken anyway has left. */
export interface TakenStep {
  /** What each parameter's gradient is after it; null for none. */
  readonly gradients: ReadonlyMap<Parameter, Tensor | null>;
  /** What each parameter was before it, and is after it. */
  readonly before: ReadonlyMap<Parameter, Tensor>;
  readonly after: ReadonlyMap<Parameter, Tensor>;
}

/** Runs a program's forward pass and loss, and records them: within a {@link trial}. */
export function compute(program: Program): Computed {
  const graph = new GraphRecorder();
  try {
    return { graph, loss: graph.record(program.compute), error: null };
  } catch (error) {
    return { graph, loss: null, error };
  }
}

/** What a rule looks at. Whatever takes time is worked out at the first look, and kept. */
export class DiagnosisContext {
  readonly program: Program;
  /** Every operation of the forward pass and the loss, with the layers and losses that they belong to. */
  readonly graph: Graph;
  /** The loss, a tensor of one element; null where computing it threw {@link error}. */
  readonly loss: Tensor | null;
  readonly error: unknown;
  readonly #taken: TakenStep | null;
  readonly #known = new Map<object, unknown>();

  /** @param taken the step that `fit` has taken on the batch, of which nothing need be computed again. */
  constructor(program: Program, { graph, loss, error }: Computed, taken: TakenStep | null = null) {
    this.program = program;
    this.graph = graph;
    this.loss = loss;
    this.error = error;
    this.#taken = taken;
  }

  /** The model; null for a training by hand that names none. */
  get model(): Module<unknown> | null {
    return this.program.model;
  }

  get optimizer(): Optimizer | null {
    return this.program.optimizer;
  }

  /** The loss as a number; NaN where computing it threw. */
  get lossValue(): number {
    return this.loss ? this.loss.item() : Number.NaN;
  }

  /** Calls of modules in the order in which they began, each with its inputs and outputs. */
  get layers(): readonly LayerCall[] {
    return this.graph.layers;
  }

  /** The parameters by name: those of the model, those that were given, or those that the loss uses. */
  get parameters(): ReadonlyMap<string, Parameter> {
    return this.once(parametersOf, () => parametersOf(this));
  }

  /** Whether the numbers are those of a step of training that has been taken, so that the weights are others by now. */
  get hasTakenStep(): boolean {
    return this.#taken !== null;
  }

  /** What a parameter was when the loss was computed. */
  valueOf(parameter: Parameter): Tensor {
    return this.#taken?.before.get(parameter) ?? parameter;
  }

  /** The gradient of the loss by a parameter, as `backward` leaves it; null where it gets none. */
  gradientOf(parameter: Parameter): Tensor | null {
    if (this.#taken) return this.#taken.gradients.get(parameter) ?? null;
    if (!parameter.requiresGrad || !this.#reached.has(parameter)) return null;
    return this.#gradients.get(parameter) ?? null;
  }

  /**
   * The gradient of the loss by what a layer returned; null where it gets none, and in the first batch of `fit`, which
   * keeps only those of parameters.
   */
  gradientAt(value: GraphValue): Tensor | null {
    return this.#taken ? null : (this.#gradients.get(value.tensor) ?? null);
  }

  /** Each parameter before and after a step of training. */
  get updates(): readonly { readonly name: string; readonly parameter: Parameter; before: Tensor; after: Tensor }[] {
    return this.once(TakenStepKey, () => {
      const taken = this.#taken ?? this.steps(1).at(0);
      if (!taken) return [];
      const { before, after } = taken;
      return [...this.parameters].flatMap(([name, parameter]) => {
        const [from, to] = [before.get(parameter), after.get(parameter)];
        return from && to ? [{ name, parameter, before: from, after: to }] : [];
      });
    });
  }

  /**
   * What some steps of training on this batch leave: the user's own, where the program has one, else gradients forgotten,
   * backward and the optimizer's update. They are undone afterwards. Empty where there is nothing to take a step with; in the
   * first batch of `fit` no more than the one that it has taken.
   */
  steps(count: number): readonly TakenStep[] {
    const { program } = this;
    const { optimizer } = program;
    if (this.#taken) return [this.#taken].slice(0, count);
    const step =
      program.step ??
      (optimizer &&
        (() => {
          optimizer.zeroGrad();
          program.compute().backward();
          optimizer.step();
        }));
    if (!step) return [];
    const parameters = [...this.parameters.values()];
    const values = () => new Map(parameters.map((parameter) => [parameter, parameter.detach()]));
    return this.trial(() =>
      Array.from({ length: count }, () => {
        const before = values();
        step();
        const gradients = new Map(parameters.map((parameter) => [parameter, parameter.grad]));
        return { before, after: values(), gradients };
      }),
    );
  }

  /** Runs `f`, and undoes all that it changed: weights, gradients, random numbers, statistics. */
  trial<T>(f: () => T): T {
    return trial(this.model, f);
  }

  /** What `f` returns, worked out once for each key: what several rules share. */
  once<T>(key: object, f: () => T): T {
    if (!this.#known.has(key)) this.#known.set(key, f());
    return this.#known.get(key) as T;
  }

  /** The gradients of parameters and of what layers returned, as far as the loss depends on them. */
  get #gradients(): ReadonlyMap<Tensor, Tensor> {
    return this.once(gradients, () => {
      const { loss } = this;
      if (!loss?.requiresGrad || loss.size !== 1) return new Map();
      const outputs = this.layers.flatMap((call) => call.outputs.map(({ tensor }) => tensor));
      const wanted = [...new Set<Tensor>([...this.#reached, ...outputs])].filter((x) => x.requiresGrad);
      const found = this.trial(() => gradients([loss], wanted, { retainGraph: true }));
      return new Map(wanted.map((x, i) => [x, found[i]]));
    });
  }

  /** The parameters that the loss is computed of by operations that pass gradients on. */
  get #reached(): ReadonlySet<Parameter> {
    return this.once(TakenStepKey.reached, () => {
      const found = new Set<Parameter>();
      const seen = new Set<GraphValue>();
      const start = this.loss && this.graph.valueOf(this.loss);
      const pending = start ? [start] : [];
      for (let value = pending.pop(); value; value = pending.pop()) {
        if (seen.has(value) || !value.tensor.requiresGrad) continue;
        seen.add(value);
        if (value.producer) pending.push(...value.producer.inputs);
        else if (value.parameter && value.detachedFrom === null) found.add(value.parameter);
      }
      return found;
    });
  }
}

/** Keys of what is worked out once. */
const TakenStepKey = { reached: {} };

function parametersOf({ program, graph }: DiagnosisContext): ReadonlyMap<string, Parameter> {
  if (program.parameters) return program.parameters;
  if (program.model) return program.model.namedParameters();
  const used = graph.ops.flatMap(({ inputs }) => inputs.flatMap(({ parameter }) => parameter ?? []));
  return new Map([...new Set(used)].map((parameter, i) => [`parameter ${i + 1}`, parameter]));
}
