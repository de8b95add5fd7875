/**
 * Whole numbers that stand for categories, as rows of zeros and ones.
 */

import { arange, getDefaultDType, OptionError, type Tensor, ValueError } from "@chainrule/core";
import { describe, guard } from "@chainrule/core/internal";
import { Layer } from "../layers/layer.ts";
import { count, type LayerOptions, type OptionTable, optional } from "../layers/options.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { specWithShape } from "../module/infer-output-spec.ts";
import { Symbolic } from "../module/symbolic.ts";
import { refuseSurplus } from "../surplus.ts";

/** What a {@link CategoryEncoding} makes of categories. */
export type CategoryOutput = "multi_hot" | "one_hot" | "count";

/** How many categories a {@link CategoryEncoding} knows, and what it makes of them. */
export interface CategoryEncodingOptions extends LayerOptions {
  /** How many categories there are: indices are 0 to numTokens - 1. */
  numTokens: number;
  /**
   * "multi_hot" (the default): a row for each sample, 1 where it has the category; "count": how often it has it; "one_hot": a
   * row for each index.
   */
  outputMode?: CategoryOutput;
}

const outputModes: readonly unknown[] = ["multi_hot", "one_hot", "count"] satisfies CategoryOutput[];

const encodingOptions: OptionTable<CategoryEncodingOptions> = {
  numTokens: count,
  outputMode: optional((where, name, value) => {
    if (!outputModes.includes(value))
      throw new OptionError({ where, expected: `${name} ${outputModes.join(", ")}`, got: describe(value) });
  }),
};

/**
 * yᵢₖ = 1 if sample i has category k, else 0; or how often it has it.
 *
 * Shape: input [batch, .., n] of whole numbers, output [batch, .., numTokens]; with "one_hot" [batch, .., n, numTokens], where
 * an n of 1 is left out. A vector [batch] is one category for each sample: output [batch, numTokens].
 *
 * @throws OptionError for another mode; ValueError for indices that are no whole numbers from 0 to numTokens - 1.
 *
 * @example
 * new CategoryEncoding({ numTokens: 4 }).call([[0, 1], [3, 3]]); // [[1, 1, 0, 0], [0, 0, 0, 1]]
 * new CategoryEncoding({ numTokens: 3, outputMode: "one_hot" }).call([2, 0]); // [[0, 0, 1], [1, 0, 0]]
 */
export class CategoryEncoding extends Layer {
  readonly numTokens: number;
  readonly outputMode: CategoryOutput;

  constructor(options: CategoryEncodingOptions) {
    super(options, encodingOptions);
    refuseSurplus("CategoryEncoding", arguments, 1);
    this.numTokens = options.numTokens;
    this.outputMode = options.outputMode ?? "multi_hot";
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    const isDropped = inputShape.length > 1 && (this.outputMode !== "one_hot" || inputShape.at(-1) === 1);
    return [...(isDropped ? inputShape.slice(0, -1) : inputShape), this.numTokens];
  }

  protected override computeOutputSpec(args: readonly unknown[]): unknown {
    const [x] = args;
    if (!(x instanceof Symbolic)) return super.computeOutputSpec(args);
    return specWithShape(this, getDefaultDType(), this.outputShape(x.shape));
  }

  forward(x: Tensor): Tensor {
    checkIndices(x, this.numTokens);
    const categories = arange(0, this.numTokens, 1, { dtype: "int32" });
    const hot = x.unsqueeze(-1).equal(categories);
    const dtype = x.dtype === "float64" ? x.dtype : this.dtype;
    if (x.rank === 1) return hot.cast(dtype);
    if (this.outputMode === "one_hot") return (x.shape.at(-1) === 1 ? hot.squeeze(-2) : hot).cast(dtype);
    return this.outputMode === "count" ? hot.cast(dtype).sum(-2) : hot.any(-2).cast(dtype);
  }
}

function checkIndices(x: Tensor, numTokens: number): void {
  const check = () => {
    const wrong = x.storage.find((index) => !Number.isInteger(index) || index < 0 || index >= numTokens);
    if (wrong !== undefined)
      throw new ValueError({
        where: "CategoryEncoding",
        expected: `whole numbers from 0 to ${numTokens - 1}`,
        got: `${wrong}`,
      });
  };
  guard([x], check, () => x.less(0).logicalOr(x.less(numTokens).logicalNot()).logicalOr(x.notEqual(x.floor())));
}
