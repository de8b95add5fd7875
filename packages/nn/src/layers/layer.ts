/**
 * The layer: a module of one input that makes its weights when it learns the input's shape.
 */

import {
  ChainRuleError,
  type Generator,
  getDefaultDType,
  ModelError,
  OptionError,
  type Parameter,
  parameter,
  type Shape,
  ShapeError,
  sizeOf,
  Tensor,
  zeros,
} from "@chainrule/core";
import { checkCount, checkFunction, describe, formatShape, sameShape } from "@chainrule/core/internal";
import { refuseAssignments } from "../assignments.ts";
import { type ConstraintLike, constrain, toConstraint } from "../constrained.ts";
import { type InitializerLike, toInitializer } from "../initializers/by-name.ts";
import type { WeightLayout } from "../initializers/fans.ts";
import { type BatchShape, checkBatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { inferOutputShape, specWithShape } from "../module/infer-output-spec.ts";
import { maskHooks } from "../module/mask-hooks.ts";
import { Module } from "../module/module.ts";
import { Symbolic } from "../module/symbolic.ts";
import { type Regularizer, toRegularizer } from "../regularizers.ts";
import { refuseSurplus } from "../surplus.ts";
import { checkLayerOptions, type LayerOptions, layerOptions, mergeOptions, type OwnOptions } from "./options.ts";
import { penaltyOf } from "./penalties.ts";

/** As long as {@link withoutInitialization} runs: how many numbers weights may still have. */
let unset: { take(shape: Shape): Shape } | null = null;

/**
 * Runs `f`, in which layers make their weights as zeros: nothing is drawn for what is loaded in the next moment.
 *
 * @param maxNumbers how many numbers there are to load; weights of more are not made.
 * @throws ModelError for weights of more numbers; what f throws.
 *
 * @example
 * const layer = withoutInitialization(12, () => new Linear(3, 4, { bias: false }));
 * layer.weight.sum(); // 0
 */
export function withoutInitialization<T>(maxNumbers: number, f: () => T): T {
  checkFunction("withoutInitialization", f, "a function that makes layers");
  checkCount("withoutInitialization", "maxNumbers", maxNumbers);
  const before = unset;
  let left = maxNumbers;
  const take = (shape: Shape) => {
    left -= sizeOf(shape);
    if (left >= 0) return shape;
    throw new ModelError({
      where: "weights",
      expected: `weights of ${maxNumbers} numbers in all, as many as there are to load`,
      got: `one of shape ${formatShape(shape)}, which is too many`,
    });
  };
  unset = { take };
  try {
    return f();
  } finally {
    unset = before;
  }
}

/**
 * Base class of layers. Override `forward`, and as needed `build` (makes the weights), `checkInput` and `outputShape`.
 *
 * @example
 * class Scale extends Layer {
 *   declare factor: Parameter;
 *   override build(inputShape: BatchShape) {
 *     this.factor = this.addWeight([inputShape.at(-1)!], "ones");
 *   }
 *   forward(x: Tensor) {
 *     return x.mul(this.factor);
 *   }
 * }
 */
export abstract class Layer extends Module {
  /** The input's shape, batch axis first: as given in the options, or as found at the first call; null before. */
  inputShape: BatchShape | null;
  /** Whether the weights have been made. */
  built = false;
  readonly activityRegularizer: Regularizer | null;
  protected generator: Generator | undefined;
  readonly #dtype: "float32" | "float64" | undefined;
  readonly #given: LayerOptions;
  /** The names of its options. */
  readonly #options: readonly string[];

  /** Whether it is an option, and too late to change it. @internal */
  isSettled(name: string): boolean {
    return this.built && this.#options.includes(name);
  }

  /**
   * @param options those that every layer has, and the layer's own.
   * @param own the layer's own options: their names, or a table of what each may be.
   * @throws OptionError for an option that the layer does not know.
   */
  constructor(options: LayerOptions = {}, own: OwnOptions = []) {
    super();
    const where = new.target.name;
    refuseSurplus(where, arguments, 2);
    checkLayerOptions(where, options, own);
    this.#options = Object.keys({ ...mergeOptions(own), ...layerOptions });
    refuseAssignments<Layer>(Layer, this.#options, refusalOf);
    this.#given = { ...options };
    if (options.name !== undefined) this.name = options.name;
    this.#dtype = options.dtype;
    this.generator = options.generator;
    this.inputShape = givenShape(where, options);
    this.activityRegularizer = toRegularizer(options.activityRegularizer);
    if (options.trainable === false) this.freeze();
  }

  abstract override forward(x: Tensor): Tensor;

  /** @internal */
  override get lacksWeights(): boolean {
    return !this.built && this.build !== Layer.prototype.build;
  }

  /** By default the options alone. */
  protected override constructorArguments(): readonly unknown[] {
    return [this.#given];
  }

  /** The dtype of the weights. */
  get dtype(): "float32" | "float64" {
    return this.#dtype ?? getDefaultDType();
  }

  protected override get kind(): string {
    return "layer";
  }

  /**
   * Makes the weights. Called once, when the shape of the input is known.
   *
   * @param _inputShape batch axis first; null for lengths that vary.
   */
  build(_inputShape: BatchShape): void {}

  /** Throws a ShapeError for inputs that the layer cannot take: batch axis first, null where a length is not known. */
  checkInput(_inputShape: BatchShape): void {}

  /**
   * The shape of the output for a shape of the input, both with the batch axis first and null for what varies. By
   * default found by trying, on zeros.
   *
   * @throws ShapeError for inputs that the layer cannot take.
   */
  outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.ensureBuilt(inputShape);
    return inferOutputShape(this, inputShape) ?? inputShape;
  }

  /** Makes the weights unless they are made already. @throws ShapeError for a shape that the layer cannot take. */
  ensureBuilt(inputShape: BatchShape): void {
    checkInputShape(this, inputShape);
    try {
      this.#buildOnce(inputShape);
    } catch (error) {
      throw error instanceof ChainRuleError ? error.inside(this.title()) : error;
    }
  }

  #buildOnce(inputShape: BatchShape): void {
    if (this.built) return;
    this.checkInput(inputShape);
    this.build(inputShape);
    this.inputShape = inputShape;
    this.built = true;
    this.freezeParts();
  }

  /** Makes weights that do not depend on the shape of the input: for the end of a layer's constructor. */
  protected buildForAnyShape(): void {
    const { inputShape } = this;
    this.ensureBuilt(inputShape ?? [null]);
    this.inputShape = inputShape;
  }

  /** Makes the weights if the options said what the input looks like: for the end of a layer's constructor. */
  protected buildIfKnown(): void {
    if (this.inputShape) this.ensureBuilt(this.inputShape);
    this.freezeParts();
  }

  /** Freezes the parts of a frozen layer: for the end of the constructor of one that makes parts there. */
  protected freezeParts(): void {
    if (this.isFrozen) this.freeze();
  }

  /** The input's shape, or what is likely before the first call has told. @internal */
  get assumedShape(): BatchShape | null {
    return this.inputShape;
  }

  /**
   * The fewest samples that a batch may have in training, as the layer is now; null where that depends on a shape that it
   * does not know yet. @internal
   */
  get leastBatch(): number | null {
    return 1;
  }

  protected override prepare([x]: readonly Tensor[]): void {
    if (x === undefined) throw new ShapeError({ where: "call", expected: "one input", got: "none" });
    this.checkInput(x.shape);
    if (this.built) this.inputShape ??= [null, ...x.shape.slice(1)];
    else this.#buildOnce(this.inputShape ?? [null, ...x.shape.slice(1)]);
  }

  protected override computeOutputSpec(args: readonly unknown[]): unknown {
    const [x] = args;
    if (!(x instanceof Symbolic)) return super.computeOutputSpec(args);
    this.checkInput(x.shape);
    this.ensureBuilt(this.inputShape ?? [null, ...x.shape.slice(1)]);
    const knows = args.length === 1 && this.outputShape !== Layer.prototype.outputShape;
    return knows ? specWithShape(this, x.dtype, this.outputShape(x.shape)) : super.computeOutputSpec(args);
  }

  /**
   * What becomes of the mask that came with the input, for the output: by default it ends here. A layer that works step by
   * step returns it as it is.
   */
  computeMask(_mask: Tensor | null): Tensor | null {
    return null;
  }

  protected override finish(output: Tensor, inputs: readonly Tensor[]): void {
    super.finish(output, inputs);
    maskHooks.pass?.(this, output, inputs, () => this.title());
    if (this.activityRegularizer)
      this.addPenalty(penaltyOf(this.activityRegularizer, output).div(Math.max(1, inputs[0].shape[0] ?? 1)));
  }

  /**
   * A new weight, for use in `build`.
   *
   * @param layout where its feature axes stand: "in-out" (last, the default) or "out-in" (first).
   * @param constraint what it is held to after each step of an optimizer.
   */
  protected addWeight(
    shape: Shape,
    initializer: InitializerLike,
    layout?: WeightLayout,
    constraint?: ConstraintLike,
  ): Parameter {
    const weight = this.#initialWeight(shape, initializer, layout);
    const held = toConstraint(constraint);
    if (held) constrain(weight, held, layout);
    return weight;
  }

  #initialWeight(shape: Shape, initializer: InitializerLike, layout: WeightLayout | undefined): Parameter {
    if (unset) return parameter(zeros(unset.take(shape), { dtype: this.dtype }));
    const initial = toInitializer(initializer)(shape, { dtype: this.dtype, generator: this.generator, layout });
    if (!(initial instanceof Tensor) || !sameShape(initial.shape, shape))
      throw new ShapeError({
        where: "initializer",
        expected: `a tensor of shape ${formatShape(shape)}`,
        got: initial instanceof Tensor ? formatShape(initial.shape) : describe(initial),
      });
    const weight = parameter(initial.cast(this.dtype));
    weight.requiresGrad = this.trainable;
    return weight;
  }
}

/** Once the weights are made, options have had their effect; before, they may be what a class of one's own keeps. */
function refusalOf(layer: Layer, name: string) {
  if (!layer.isSettled(name)) return null;
  const Class = layer.constructor.name;
  return {
    where: `layer "${layer.name}" (${Class})`,
    hint: `It is said when the layer is made: new ${Class}({ ${name}: … }).`,
  };
}

function givenShape(where: string, { inputShape, inputDim }: LayerOptions): BatchShape | null {
  if (inputShape !== undefined && inputDim !== undefined)
    throw new OptionError({
      where,
      expected: "either inputShape or inputDim",
      got: `both (${formatBatchShape(inputShape)} and ${inputDim})`,
    });
  const shape = inputDim === undefined ? inputShape : [inputDim];
  if (shape === undefined) return null;
  checkBatchShape(`${where}, ${inputDim === undefined ? "inputShape" : "inputDim"}`, shape);
  return [null, ...shape];
}
