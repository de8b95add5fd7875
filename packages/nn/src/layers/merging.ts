/**
 * Layers that make one tensor of several: sums, differences, products, means, extremes, one beside the other.
 */

import { concat, OptionError, type Shape, ShapeError, type Tensor } from "@chainrule/core";
import { describe, formatShape, sameShape } from "@chainrule/core/internal";
import { maskHooks } from "../module/mask-hooks.ts";
import { Module } from "../module/module.ts";
import { refuseSurplus } from "../surplus.ts";
import {
  checkLayerOptions,
  flag,
  layerOptions,
  type OptionCheck,
  type OptionTable,
  type OwnOptions,
  unchecked,
} from "./options.ts";

/** What a layer of several inputs is called. */
export interface MergeOptions {
  /** By default the class's name in snake case. */
  name?: string;
}

const mergeLayerOptions: Readonly<Record<keyof MergeOptions, OptionCheck>> = { name: layerOptions.name };

/** Base of those that want one shape of all: what they do to two tensors, again and again. */
abstract class Merge extends Module {
  readonly #given: MergeOptions;

  constructor(options: MergeOptions = {}, own: OwnOptions = []) {
    super();
    refuseSurplus(new.target.name, arguments, 2);
    checkLayerOptions(new.target.name, options, own, mergeLayerOptions);
    if (options.name !== undefined) this.name = options.name;
    this.#given = { ...options };
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#given];
  }

  protected override get kind(): string {
    return "layer";
  }

  protected override prepare(inputs: readonly Tensor[]): void {
    if (inputs.length < 2)
      throw new ShapeError({
        where: "call",
        expected: "at least two inputs",
        got: inputs.length === 1 ? "one" : "none",
        hint: `Write new ${this.constructor.name}().call(a, b).`,
      });
    this.checkShapes(inputs.map(({ shape }) => shape));
  }

  /** Of a step, all inputs have to be there. */
  computeMask(...masks: readonly (Tensor | null)[]): Tensor | null {
    return masks.reduce((both, mask) => (both && mask ? both.logicalAnd(mask) : (both ?? mask)), null);
  }

  protected override finish(output: Tensor, inputs: readonly Tensor[]): void {
    super.finish(output, inputs);
    maskHooks.pass?.(this, output, inputs, () => this.title());
  }

  /** Throws a ShapeError for shapes that do not go together: by default unless they are all the same. */
  protected checkShapes([first, ...others]: readonly Shape[]): void {
    if (others.some((shape) => !sameShape(shape, first))) throw unlike("inputs of one shape", [first, ...others]);
  }
}

function unlike(expected: string, shapes: readonly Shape[]): ShapeError {
  return new ShapeError({
    where: "inputs",
    expected,
    got: shapes.map(formatShape).join(" and "),
    hint: "To broadcast one against the other, write it out: apply((a, b) => a.mul(b), x, y).",
  });
}

/**
 * x₁ + x₂ + ….
 *
 * Shape: at least two inputs of one shape, which is the output's.
 *
 * @throws ShapeError for a single input and for shapes that differ.
 * @example new Add().call([1, 2], [3, 4]); // [4, 6]
 */
export class Add extends Merge {
  forward(...inputs: Tensor[]): Tensor {
    return inputs.reduce((sum, x) => sum.add(x));
  }
}

/**
 * x₁ · x₂ · …, element by element.
 *
 * Shape: at least two inputs of one shape, which is the output's.
 *
 * @throws ShapeError for a single input and for shapes that differ.
 * @example new Multiply().call([1, 2], [3, 4]); // [3, 8]
 */
export class Multiply extends Merge {
  forward(...inputs: Tensor[]): Tensor {
    return inputs.reduce((product, x) => product.mul(x));
  }
}

/**
 * (x₁ + … + xₙ) / n.
 *
 * Shape: at least two inputs of one shape, which is the output's.
 *
 * @throws ShapeError for a single input and for shapes that differ.
 * @example new Average().call([1, 2], [3, 4]); // [2, 3]
 */
export class Average extends Merge {
  forward(...inputs: Tensor[]): Tensor {
    return inputs.reduce((sum, x) => sum.add(x)).div(inputs.length);
  }
}

/**
 * max(x₁, x₂, …), element by element.
 *
 * Shape: at least two inputs of one shape, which is the output's.
 *
 * @throws ShapeError for a single input and for shapes that differ.
 * @example new Maximum().call([1, 4], [3, 2]); // [3, 4]
 */
export class Maximum extends Merge {
  forward(...inputs: Tensor[]): Tensor {
    return inputs.reduce((largest, x) => largest.maximum(x));
  }
}

/**
 * min(x₁, x₂, …), element by element.
 *
 * Shape: at least two inputs of one shape, which is the output's.
 *
 * @throws ShapeError for a single input and for shapes that differ.
 * @example new Minimum().call([1, 4], [3, 2]); // [1, 2]
 */
export class Minimum extends Merge {
  forward(...inputs: Tensor[]): Tensor {
    return inputs.reduce((smallest, x) => smallest.minimum(x));
  }
}

/**
 * x₁ - x₂.
 *
 * Shape: two inputs of one shape, which is the output's.
 *
 * @throws ShapeError for anything but two inputs, and for shapes that differ.
 * @example new Subtract().call([3, 4], [1, 2]); // [2, 2]
 */
export class Subtract extends Merge {
  forward(a: Tensor, b: Tensor): Tensor {
    return a.sub(b);
  }
}

/** Along which axis {@link Concatenate} joins its inputs. */
export interface ConcatenateOptions extends MergeOptions {
  /** Along which the inputs are put one after the other; the last by default. */
  axis?: number;
}

const concatenateOptions: OptionTable<ConcatenateOptions, MergeOptions> = { axis: unchecked };

/**
 * The inputs one after the other along an axis.
 *
 * Shape: at least two inputs that differ at most along the axis; the output has the sum of their lengths there.
 *
 * @throws ShapeError for a single input, an axis that is not there, and lengths that differ elsewhere; OptionError for an
 *   axis that is no whole number.
 * @example new Concatenate({ axis: 1 }).call(randn([2, 3, 8, 8]), randn([2, 5, 8, 8])); // shape [2, 8, 8, 8]
 */
export class Concatenate extends Merge {
  readonly axis: number;

  constructor(options: ConcatenateOptions = {}) {
    super(options, concatenateOptions);
    refuseSurplus("Concatenate", arguments, 1);
    this.axis = options.axis ?? -1;
    if (!Number.isInteger(this.axis))
      throw new OptionError({
        where: "Concatenate",
        expected: "axis as a whole number",
        got: describe(this.axis),
      });
  }

  protected override checkShapes(shapes: readonly Shape[]): void {
    const [first] = shapes;
    const axis = this.axis < 0 ? this.axis + first.length : this.axis;
    if (axis < 0 || axis >= first.length) throw unlike(`inputs with an axis ${this.axis}`, shapes);
    const rest = (shape: Shape) => shape.filter((_, i) => i !== axis);
    if (shapes.some((shape) => shape.length !== first.length || !sameShape(rest(shape), rest(first))))
      throw unlike(`inputs of one shape but for axis ${this.axis}`, shapes);
  }

  forward(...inputs: Tensor[]): Tensor {
    return concat(inputs, this.axis);
  }
}

/** Whether {@link Dot} gives products or cosines. */
export interface DotOptions extends MergeOptions {
  /** Whether the inputs are brought to length 1 first, so that the product is the cosine of their angle. */
  normalize?: boolean;
}

const dotOptions: OptionTable<DotOptions, MergeOptions> = { normalize: flag };

/** Lengths below this count as this, so that a vector of zeros has no direction rather than NaN; as in PyTorch. */
const minNorm = 1e-8;

/** The vectors at length 1. */
function direction(x: Tensor): Tensor {
  return x.div(x.norm(-1, { keepDims: true }).maximum(minNorm));
}

/**
 * Σᵢ aᵢ bᵢ along the last axis; with `normalize` their cosine similarity.
 *
 * Shape: two inputs [.., n] of one shape; output [.., 1].
 *
 * @throws ShapeError for anything but two inputs of one shape.
 * @example new Dot({ normalize: true }).call(randn([4, 8]), randn([4, 8])); // shape [4, 1]
 */
export class Dot extends Merge {
  readonly normalize: boolean;

  constructor(options: DotOptions = {}) {
    super(options, dotOptions);
    refuseSurplus("Dot", arguments, 1);
    this.normalize = options.normalize ?? false;
  }

  protected override checkShapes(shapes: readonly Shape[]): void {
    super.checkShapes(shapes);
    if (shapes.length !== 2 || shapes[0].length === 0) throw unlike("two inputs with an axis", shapes);
  }

  forward(a: Tensor, b: Tensor): Tensor {
    const [first, second] = this.normalize ? [direction(a), direction(b)] : [a, b];
    return first.mul(second).sum(-1, { keepDims: true });
  }
}
