/**
 * New tensors with other elements at some places: tensors themselves never change.
 */
import {
  asTensor,
  broadcastTo,
  cast,
  normalizeAxis,
  type Op,
  ones,
  reshape,
  ShapeError,
  type SliceRange,
  scatterAdd,
  type Tensor,
  type TensorLike,
  where,
  zeros,
} from "@chainrule/core";
import {
  applyOp,
  asIndices,
  builtin,
  checkList,
  forEachRow,
  formatShape,
  promoteOperands,
  readRanges,
  sliceScatterOp,
  toNumeric,
} from "@chainrule/core/internal";

interface Places {
  /** Counted from the last, which is -1. */
  readonly axis: number;
  /** The length of the axis into which the indices point. */
  readonly length: number;
}

/** Whether no later index along the axis names the same place. What names none is left to those who look there. */
const isLatestOp: Op<Places> = builtin({
  name: "isLatest",
  inferShape: ([indices]) => ({ shape: indices.shape, dtype: "bool" }),
  leadingAxes: true,
  kernel: (out, [indices], { axis, length }) => {
    const along = axis + indices.shape.length;
    const count = indices.shape[along];
    const seen = new Int32Array(length);
    let line = 0;
    forEachRow(indices.shape, { first: along, last: along }, (start, step) => {
      line++;
      for (let p = count - 1; p >= 0; p--) {
        const index = indices.storage[start + p * step];
        const place = index < 0 ? index + length : index;
        out.storage[start + p * step] = seen[place] === line ? 0 : 1;
        seen[place] = line;
      }
    });
  },
  formula: {
    text: ["whether no later a names the same place"],
    tex: ["\\text{whether no later } a \\text{ names the same place}"],
  },
});

/**
 * x with each value put at the position that its index names along an axis, by default the last: of several for one place the
 * latest, which alone gets the gradient. (To add them up: `scatterAdd`.)
 *
 * Shape: that of x; indices agree with it but for the axis, and values broadcast to the indices' shape.
 *
 * @throws ShapeError where shapes differ along another axis; ValueError for indices that are not there.
 * @example scatter([0, 0, 0], [2, 0, 2], [1, 2, 3]); // [2, 0, 3]
 */
export function scatter(x: TensorLike, indices: TensorLike, values: TensorLike, axis = -1): Tensor {
  const [base, source] = promoteOperands("scatter", x, values);
  const places = asIndices("scatter", indices);
  const along = normalizeAxis("scatter", axis, base.rank);
  if (places.rank !== base.rank || base.shape.some((n, a) => a !== along && n !== places.shape[a]))
    throw new ShapeError({
      where: "scatter",
      expected: `indices that differ from ${formatShape(base.shape)} only along axis ${along}`,
      got: formatShape(places.shape),
    });
  const latest = applyOp(isLatestOp, [places], { axis: along - base.rank, length: base.shape[along] });
  const numeric = cast(broadcastTo(source, places.shape), toNumeric(base.dtype));
  const nothing = (dtype: Tensor["dtype"]) => zeros(base.shape, { dtype });
  const put = scatterAdd(nothing(numeric.dtype), places, where(latest, numeric, 0), along);
  const count = scatterAdd(nothing("int32"), places, ones(places.shape, { dtype: "int32" }), along);
  return where(count.greater(0), cast(put, base.dtype), base);
}

/**
 * x with a part replaced, as NumPy's `x[1:3, :] = values` and JAX's `x.at[1:3, :].set(values)`. The gradient goes to the values
 * there, and to x elsewhere.
 *
 * Shape: that of x; the values broadcast to the part's, which is that of `slice(x, ...ranges)`.
 *
 * @param ranges axis by axis as `slice` takes them, in an array.
 * @throws ValueError for an index that is not there or a range that cannot be read; ShapeError for values that do not broadcast to
 *   the part, and for more ranges than axes.
 * @example
 * sliceUpdate([1, 2, 3, 4], ["1:3"], 0); // [1, 0, 0, 4]
 * sliceUpdate([[1, 2], [3, 4]], [":", -1], [8, 9]); // [[1, 8], [3, 9]]
 */
export function sliceUpdate(x: TensorLike, ranges: readonly SliceRange[], values: TensorLike): Tensor {
  checkList("sliceUpdate", ranges, 'the ranges of the part, as ["1:3", ":"]');
  const [base, source] = promoteOperands("sliceUpdate", x, values);
  const { cut, shape } = readRanges(base, ranges);
  const spread = (part: Tensor) =>
    applyOp(sliceScatterOp, [reshape(broadcastTo(part, shape), cut.lengths)], { ...cut, shape: base.shape });
  return where(spread(asTensor(true)), spread(source), base);
}
