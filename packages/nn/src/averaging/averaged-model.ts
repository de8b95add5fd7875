/**
 * A model's weights averaged over its training, beside the weights that are trained.
 */
import { buffer, noGrad, OptionError, type Parameter, scalar, type Tensor, where } from "@chainrule/core";
import { atomic, checkFunction, checkOptions, describe, sameShape } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import type { Model } from "../model/model.ts";
import { SavedFields } from "../model/saved-fields.ts";
import { Module } from "../module/module.ts";
import { checkRange, zeroToOne } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";

/** How {@link AveragedModel} averages. */
export interface AveragedModelOptions {
  /** How slowly an exponential moving average follows; without it all weights count the same, as in stochastic weight averaging. */
  decay?: number;
}

/**
 * Averages of a model's weights, which often predict better than the last weights. PyTorch's `AveragedModel`.
 *
 * The first `update` takes the weights w as they are. With `decay`, a ← decay · a + (1 - decay) w (Polyak & Juditsky 1992); without, the
 * n-th has a ← a + (w - a) / n (stochastic weight averaging, Izmailov et al. 2018). Buffers, such as those of `BatchNorm`, are the
 * model's.
 *
 * Call `update` after the optimizer's step, within a jitted step too; or pass it to `fit` as a callback, which updates it after every
 * batch. What costs nothing in a compiled step is the optimizer's own average, `useEma`.
 *
 * @throws OptionError for what is no module, and for unknown options; ValueError for a decay outside [0, 1].
 *
 * @example
 * const averaged = new AveragedModel(model, { decay: 0.9 });
 * await model.fit(x, y, { epochs: 3, callbacks: [averaged] });
 * averaged.use(() => model.predict(x));
 */
export class AveragedModel extends Callback {
  readonly #source: Module<unknown>;
  readonly #decay: number | null;
  readonly #averages = new Map<Parameter, Parameter>();
  /** How many updates there have been: in a buffer, so that compiled steps count. */
  readonly #count = buffer(scalar(0, "float64"));
  #isInUse = false;

  constructor(model: Module<unknown>, options: AveragedModelOptions = {}) {
    super();
    refuseSurplus("AveragedModel", arguments, 2);
    const where = "AveragedModel";
    if (!(model instanceof Module))
      throw new OptionError({ where, expected: "a model, or a layer", got: describe(model) });
    checkOptions(where, options, ["decay"]);
    if (options.decay !== undefined) checkRange(where, "decay", options.decay, zeroToOne);
    this.#source = model;
    this.#decay = options.decay ?? null;
  }

  /** @throws OptionError where another model is trained. @internal */
  override setModel(model: Model<unknown>): void {
    if (!(model instanceof Module) || !model.modules().includes(this.#source))
      throw new OptionError({
        where: "AveragedModel",
        expected: "to be a callback of its own model's training",
        got: model instanceof Module ? "another model" : describe(model),
      });
    super.setModel(model);
  }

  override get settings() {
    return { decay: this.#decay };
  }

  /** How many updates there have been. PyTorch's `n_averaged`. */
  get nAveraged(): number {
    return this.#count.item();
  }

  /** Takes the weights into the averages. */
  update(): void {
    noGrad(() =>
      atomic(() => {
        const count = this.#count.add(1);
        const rest = this.#decay === null ? count.reciprocal() : scalar(1 - this.#decay, "float64");
        // The first is the weights themselves.
        const share = where(count.equal(1), scalar(1, "float64"), rest);
        for (const weight of this.#weights()) {
          const average = this.#averageOf(weight);
          average.assign(average.add(weight.sub(average).mul(share.cast(weight.dtype))));
        }
        this.#count.assign(count);
      }),
    );
  }

  #weights(): readonly Parameter[] {
    return [...this.#source.namedParameters().values()];
  }

  #averageOf(weight: Parameter): Parameter {
    const average = this.#averages.get(weight) ?? buffer(weight.detach());
    this.#averages.set(weight, average);
    return average;
  }

  /** The averages by the names of the model's weights; before the first update the weights themselves. */
  averages(): Record<string, Tensor> {
    const named = [...this.#source.namedParameters()];
    return Object.fromEntries(named.map(([name, weight]) => [name, (this.#averages.get(weight) ?? weight).detach()]));
  }

  /** What `f` returns when the averages are in the model's weights' place; afterwards, and after a promise, those are back. */
  use<T>(f: () => T): T {
    checkFunction("AveragedModel.use", f);
    if (this.#isInUse) return f();
    const weights = this.#weights().map((weight) => [weight, weight.detach()] as const);
    const putBack = () => {
      for (const [weight, value] of weights) weight.assign(value);
      this.#isInUse = false;
    };
    this.copyTo();
    this.#isInUse = true;
    let result: T;
    try {
      result = f();
    } catch (error) {
      putBack();
      throw error;
    }
    if (result instanceof Promise) return result.finally(putBack) as T;
    putBack();
    return result;
  }

  /** Puts the averages in the model's weights' place for good. */
  copyTo(): void {
    for (const [weight, average] of this.#averages) weight.assign(average.detach());
  }

  override onBatchEnd(): void {
    this.update();
  }

  /** The averages and how many updates they are of. */
  stateDict(): Record<string, unknown> {
    const named = [...this.#source.namedParameters()].filter(([, weight]) => this.#averages.has(weight));
    return {
      count: this.nAveraged,
      averages: Object.fromEntries(named.map(([name, weight]) => [name, this.#averages.get(weight)!.detach()])),
    };
  }

  /** Goes on from what `stateDict` gave. @throws DataError for what are no averages of this model's weights. */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const saved = new SavedFields("AveragedModel", state);
    const [count, averages] = [saved.count("count"), saved.tensors("averages")];
    const named = this.#source.namedParameters();
    for (const [name, average] of Object.entries(averages)) {
      const weight = named.get(name);
      if (!weight || !sameShape(weight.shape, average.shape) || weight.dtype !== average.dtype)
        throw saved.damaged(`averages of the model's weights`, average);
    }
    this.#averages.clear();
    for (const [name, average] of Object.entries(averages)) this.#averageOf(named.get(name)!).assign(average);
    this.#count.assign(count);
  }
}
