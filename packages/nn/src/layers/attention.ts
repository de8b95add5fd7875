/**
 * Attention as a function: every query takes a weighted mean of the values, weighted by how well the keys fit it.
 */

import {
  asTensor,
  broadcastShapes,
  type Shape,
  ShapeError,
  softmax,
  type Tensor,
  type TensorLike,
  where,
} from "@chainrule/core";
import { checkOptions, formatShape, sameShape } from "@chainrule/core/internal";
import { compilerParts } from "../compiler-parts.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { asMask, causalMask, withoutMasked } from "./masks.ts";

compilerParts.add(async () => (await import("@chainrule/compiler/attention")).addSmallProducts());

/** What attention may look at. */
export interface AttentionOptions {
  /** Which keys each query may look at: bool, broadcast to [.., L, S], true for "may". */
  mask?: TensorLike;
  /** Numbers added to the scores, broadcast to [.., L, S]; -Infinity hides a key as false in `mask` does. */
  bias?: TensorLike;
  /** Whether query i sees only the keys 0 to i. */
  causal?: boolean;
  /** What scores are multiplied by; 1 / √D by default. */
  scale?: number;
}

const attentionOptions = optionNames<AttentionOptions>({ mask: true, bias: true, causal: true, scale: true });

/** Low enough that its exponential is 0, and finite: a line of -Infinity throughout would make NaN of its softmax. */
const maskedScore = -1e30;

/**
 * How much each query looks at each key: softmax(Q Kᵀ / √D + bias), over the keys that it may see.
 *
 * A query that sees no key at all has weight 0 everywhere; every other line sums to 1.
 *
 * Shape: query [.., L, D], key [.., S, D]; result [.., L, S].
 *
 * @throws ShapeError where the features of queries and keys differ, or a mask does not fit.
 * @throws DTypeError for a mask of numbers.
 * @example attentionWeights([[0], [0]], [[1], [2]], { causal: true }); // [[1, 0], [0.5, 0.5]]
 */
export function attentionWeights(query: TensorLike, key: TensorLike, options: AttentionOptions = {}): Tensor {
  refuseSurplus("attentionWeights", arguments, 3);
  const name = "attentionWeights";
  return attention(name, asTensor(query, name), asTensor(key, name), options).weights;
}

/** The weights, and which keys any query may see where that is not all: what the others hold is nobody's business. */
function attention(
  name: string,
  q: Tensor,
  k: Tensor,
  options: AttentionOptions,
): { readonly weights: Tensor; readonly seen: Tensor | null } {
  checkOptions(name, options, attentionOptions);
  if (q.rank < 2 || k.rank < 2 || q.shape.at(-1) !== k.shape.at(-1))
    throw new ShapeError({
      where: name,
      expected: "queries [.., L, D] and keys [.., S, D] with the same number of features",
      got: `${formatShape(q.shape)} and ${formatShape(k.shape)}`,
    });
  const { bias, scale = 1 / Math.sqrt(q.shape.at(-1)!) } = options;
  const lead = broadcastShapes(name, q.shape.slice(0, -2), k.shape.slice(0, -2));
  const shape = [...lead, q.shape.at(-2)!, k.shape.at(-2)!];
  const visible = visibleIn(bias === undefined ? shape : broadcastShapes(name, shape, asTensor(bias).shape), options);
  const seen = visible && options.mask !== undefined ? visible.any(-2) : null;
  const products = q.mul(scale).matmul((seen ? withoutMasked(k, seen) : k).T);
  const scores = bias === undefined ? products : products.add(bias);
  if (!visible) return { weights: softmax(scores), seen };
  return { weights: where(visible, softmax(where(visible, scores, maskedScore)), 0), seen };
}

/** Which scores count, all masks taken together; null where all do. */
function visibleIn(scores: Shape, { mask, bias, causal = false }: AttentionOptions): Tensor | null {
  const masks: Tensor[] = [];
  if (mask !== undefined) masks.push(asMask("attention mask", mask));
  if (causal) masks.push(causalMask(scores.at(-2)!, scores.at(-1)!));
  if (bias !== undefined) masks.push(asTensor(bias).greater(Number.NEGATIVE_INFINITY));
  for (const { shape } of masks)
    if (!sameShape(broadcastShapes("attention mask", shape, scores), scores))
      throw new ShapeError({
        where: "attention mask",
        expected: `a mask that broadcasts to the scores, ${formatShape(scores)}`,
        got: formatShape(shape),
      });
  return masks.length === 0 ? null : masks.reduce((all, one) => all.logicalAnd(one));
}

/**
 * Scaled dot-product attention, softmax(Q Kᵀ / √D + bias) V (Vaswani et al. 2017, "Attention is all you need").
 *
 * A query that may see nothing gets zeros, where the formula as written gives NaN.
 *
 * Shape: query [.., L, D], key [.., S, D], value [.., S, E]; result [.., L, E]. Leading axes (batch, heads) broadcast.
 *
 * @throws ShapeError where lengths or features do not fit; DTypeError for a mask of numbers.
 *
 * @example
 * const [q, k, v] = [randn([2, 4, 10, 8]), randn([2, 4, 12, 8]), randn([2, 4, 12, 8])];
 * scaledDotProductAttention(q, k, v, { causal: true }); // shape [2, 4, 10, 8]
 */
export function scaledDotProductAttention(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options: AttentionOptions = {},
): Tensor {
  refuseSurplus("scaledDotProductAttention", arguments, 4);
  const name = "scaledDotProductAttention";
  const [k, v] = [asTensor(key, name), asTensor(value, name)];
  if (v.rank < 2 || v.shape.at(-2) !== k.shape.at(-2))
    throw new ShapeError({
      where: name,
      expected: "one value for each key, [.., S, E] for keys [.., S, D]",
      got: `values ${formatShape(v.shape)} for keys ${formatShape(k.shape)}`,
    });
  const { weights, seen } = attention(name, asTensor(query, name), k, options);
  return weights.matmul(seen ? withoutMasked(v, seen) : v);
}
