/**
 * The sequential model: layers one after the other.
 */

import { ChainRuleError, ModelError, OptionError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { Layer } from "../layers/layer.ts";
import { toModule } from "../layers/shaping.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { inferOutputShape, specWithShape } from "../module/infer-output-spec.ts";
import { Module } from "../module/module.ts";
import { uniqueName } from "../module/names.ts";
import { Symbolic } from "../module/symbolic.ts";
import { refuseSurplus } from "../surplus.ts";
import { checkModelOptions, Model, type ModelOptions } from "./model.ts";
import { rowOf, type SummaryRow } from "./summary.ts";

/** What `Sequential` takes as a layer: a layer, any module, or a function of a tensor. */
export type SequentialItem = Module | ((x: Tensor) => Tensor);

/**
 * Layers one after the other: the output of each is the input of the next.
 *
 * Where the first layer says what its input looks like (`inputDim`, `inputShape`), all weights are made at once;
 * otherwise at the first call. A Sequential is a module itself and can stand in another one.
 *
 * Shape: what the first layer takes, and what the last one makes of it.
 *
 * @throws ModelError for what is no layer; ShapeError, with the layer's name, where layers do not fit together.
 *
 * @example
 * const model = new Sequential([
 *   new Dense({ units: 16, inputDim: 2, activation: "relu" }),
 *   new Dense({ units: 1, activation: "sigmoid" }),
 * ]);
 * model.summary();
 */
export class Sequential extends Model {
  /** The layers in their order. */
  readonly layers: Module[] = [];

  constructor(layers: readonly SequentialItem[] = [], options: ModelOptions = {}) {
    super();
    if (typeof layers !== "object" || layers instanceof Module || options instanceof Module) throw oneByOne(layers);
    refuseSurplus("Sequential", arguments, 2);
    checkModelOptions("Sequential", options);
    if (options.name !== undefined) this.name = options.name;
    if (!Array.isArray(layers))
      throw new OptionError({
        where: "Sequential",
        expected: "a list of layers",
        got: describe(layers),
        hint: "Write new Sequential([…]), and the name after it: new Sequential([…], { name }).",
      });
    for (const layer of layers) this.add(layer);
    if (options.trainable === false) this.freeze();
  }

  protected override constructorArguments(): readonly unknown[] {
    return [[...this.layers]];
  }

  /**
   * Adds a layer at the end. Equal names are numbered: dense, dense_1, dense_2.
   *
   * @throws ModelError for what is no layer; ShapeError where it does not fit what comes before. The model then stays
   *   as it was.
   *
   * @example
   * model.add(new Dense({ units: 10 })).add((x) => x.softmax(-1));
   */
  add(layer: SequentialItem): this {
    refuseSurplus("add", arguments, 1);
    const module = toModule(layer);
    const others = this.layers.filter((other) => other !== module);
    module.name = uniqueName(module.name, new Set(others.map(({ name }) => name)));
    this.layers.push(module);
    if (this.isFrozen) module.freeze();
    try {
      if (this.inputShape) this.ensureBuilt(this.inputShape);
    } catch (error) {
      // The first call will tell the shape, and then it may fit.
      if (this.#isShapeAssumed) return this;
      this.layers.pop();
      throw error;
    }
    return this;
  }

  /** Takes the last layer away and returns it. @throws ModelError where there is none. */
  pop(): Module {
    const layer = this.layers.pop();
    if (layer) return layer;
    throw new ModelError({ where: `model "${this.name}"`, expected: "a layer to take away", got: "no layers" });
  }

  override get outputCount(): number {
    return 1;
  }

  /** The input's shape, batch axis first, as the first layer knows it; null before it does. */
  get inputShape(): BatchShape | null {
    const [first] = this.layers;
    if (first instanceof Layer) return first.assumedShape;
    return first && "inputShape" in first ? (first as Sequential).inputShape : null;
  }

  /** Whether the shape is a guess: a Linear, which takes any number of axes, has not been called yet. */
  get #isShapeAssumed(): boolean {
    const [first] = this.layers;
    return first instanceof Layer && first.inputShape === null && first.assumedShape !== null;
  }

  /** Makes the weights of all layers that have none yet, for an input of a shape. */
  ensureBuilt(inputShape: BatchShape): void {
    this.#shapes(inputShape);
  }

  /** The shape of the output for a shape of the input. @throws ShapeError where it does not fit, with the layer. */
  outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    const shapes = this.#shapes(inputShape);
    return shapes[shapes.length - 1] ?? inputShape;
  }

  protected override computeOutputSpec(args: readonly unknown[]): unknown {
    const [x] = args;
    if (args.length > 1 || !(x instanceof Symbolic)) return super.computeOutputSpec(args);
    return specWithShape(this, x.dtype, this.outputShape(x.shape));
  }

  /** The shape of each layer's output. */
  #shapes(inputShape: BatchShape): BatchShape[] {
    let shape = inputShape;
    return this.layers.map((layer) => {
      shape = shapeAfter(layer, shape);
      return shape;
    });
  }

  #shapesForSummary(inputShape: BatchShape): BatchShape[] | null {
    try {
      return this.#shapes(inputShape);
    } catch (error) {
      if (this.#isShapeAssumed) return null;
      throw error;
    }
  }

  forward(x: Tensor): Tensor {
    if (this.layers.length === 0)
      throw new ModelError({
        where: "forward",
        expected: "a model with layers",
        got: "none",
        hint: "Add some: model.add(new Dense({ units: 1 })).",
      });
    let output = x;
    for (const layer of this.layers) output = layer.call(output);
    return output;
  }

  /** What the summary shows. @internal */
  summaryRows(): SummaryRow[] {
    const shapes = this.inputShape ? this.#shapesForSummary(this.inputShape) : null;
    return this.layers.map((module, i) => rowOf(module.name, module, shapes?.[i] ?? null));
  }
}

/** The shape of a module's output; its weights are made if they were not. */
function shapeAfter(module: Module, inputShape: BatchShape): BatchShape {
  try {
    if (!(module instanceof Layer || module instanceof Sequential))
      return inferOutputShape(module, inputShape) ?? inputShape;
    module.ensureBuilt(inputShape);
    return module.outputShape(inputShape);
  } catch (error) {
    const title = `${module instanceof Layer ? "layer" : "model"} "${module.name}" (${module.constructor.name})`;
    throw error instanceof ChainRuleError && !error.where.startsWith(title) ? error.inside(title) : error;
  }
}

/** `new Sequential(a, b)`, as PyTorch has it. */
function oneByOne(first: unknown): OptionError {
  return new OptionError({
    where: "Sequential",
    expected: "a list of layers",
    got: Array.isArray(first) ? "a list and another layer" : describe(first),
    hint: "Write new Sequential([a, b, …]), and the name after it: new Sequential([…], { name }).",
  });
}
