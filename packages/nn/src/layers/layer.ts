/**
 * The layer: a module of one input that makes its weights when it learns the input's shape.
 */
import {
  checkOptions,
  describe,
  type Generator,
  getDefaultDType,
  isFloat,
  OptionError,
  type Parameter,
  parameter,
  ShapeError,
  type Tensor,
} from "@chainrule/core";
import { type Initializer, type InitializerLike, toInitializer } from "../initializers/index.ts";
import { Module } from "../module/module.ts";
import { type Regularizer, type RegularizerLike, toRegularizer } from "../regularizers.ts";
import { type BatchShape, checkBatchShape, formatBatchShape } from "./shape.ts";

/** What every layer's options may hold. */
export interface LayerOptions {
  /** By default the class's name in snake case; `Sequential` numbers equal ones. */
  name?: string;
  /** The input's shape without the batch axis; null for a length that varies. Needed only to make weights early. */
  inputShape?: readonly (number | null)[];
  /** `inputDim: 4` is short for `inputShape: [4]`. */
  inputDim?: number;
  /** Of the weights; by default the default float dtype at the time they are made. */
  dtype?: "float32" | "float64";
  /** Where random numbers come from; by default the generator that `manualSeed` seeds. */
  generator?: Generator;
  /** A penalty on the output, divided by the number of examples. */
  activityRegularizer?: RegularizerLike;
}

const layerOptions = ["name", "inputShape", "inputDim", "dtype", "generator", "activityRegularizer"];

/**
 * Base class of layers. Override `forward`, and as needed `build` (makes the weights) and `outputShape` (checks the
 * input's shape and says what comes out).
 *
 * @example
 * class Scale extends Layer {
 *   declare factor: Parameter;
 *   override build(inputShape: BatchShape) {
 *     this.factor = this.weight([inputShape.at(-1)!], "ones");
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
  protected readonly generator: Generator | undefined;
  readonly #dtype: "float32" | "float64" | undefined;

  /**
   * @param options those that every layer has, and the layer's own.
   * @param known the names of the layer's own options.
   * @throws OptionError for an option that the layer does not know.
   */
  constructor(options: LayerOptions = {}, known: readonly string[] = []) {
    super();
    const where = new.target.name;
    checkOptions(where, options, [...known, ...layerOptions]);
    if (options.name !== undefined) this.name = options.name;
    if (options.dtype !== undefined && !isFloat(options.dtype))
      throw new OptionError({ where, expected: 'dtype "float32" or "float64"', got: describe(options.dtype) });
    this.#dtype = options.dtype;
    this.generator = options.generator;
    this.inputShape = givenShape(where, options);
    this.activityRegularizer = toRegularizer(options.activityRegularizer);
  }

  abstract override forward(x: Tensor): Tensor;

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

  /**
   * The shape of the output for a shape of the input, both with the batch axis first and null for what varies.
   *
   * @throws ShapeError for inputs that the layer cannot take.
   */
  outputShape(inputShape: BatchShape): BatchShape {
    return inputShape;
  }

  /** Makes the weights unless they are made already. */
  ensureBuilt(inputShape: BatchShape): void {
    if (this.built) return;
    this.outputShape(inputShape);
    this.build(inputShape);
    this.inputShape = inputShape;
    this.built = true;
  }

  protected override prepare([x]: readonly Tensor[]): void {
    if (x === undefined) throw new ShapeError({ where: "call", expected: "one input", got: "none" });
    this.ensureBuilt([null, ...x.shape.slice(1)]);
    this.outputShape(x.shape);
  }

  protected override finish(output: Tensor, inputs: readonly Tensor[]): void {
    super.finish(output, inputs);
    if (this.activityRegularizer)
      this.addPenalty(this.activityRegularizer(output).div(Math.max(1, inputs[0].shape[0] ?? 1)));
  }

  /** A new weight, for use in `build`. */
  protected weight(shape: readonly number[], initializer: InitializerLike): Parameter {
    const initial: Initializer = toInitializer(initializer);
    return parameter(initial(shape, { dtype: this.dtype, generator: this.generator }));
  }
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
