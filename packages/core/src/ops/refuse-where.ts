/**
 * Checks of numbers that layers and losses of one's own can make.
 */
import { checkFunction } from "../arguments.ts";
import { DTypeError, describe } from "../errors.ts";
import { guard } from "../tensor/guard.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * Throws where a condition holds: how a layer, a loss or a training step refuses numbers that make no sense, compiled or
 * not. In a compiled function it costs next to nothing, and what the call changed before it is undone.
 *
 * Write it in place of reading numbers, which a function that is to be compiled cannot do. What shapes and options have
 * to be is known without it: throw at once.
 *
 * @param condition true where something is wrong, in tensor operations; bool, of any shape.
 * @param error makes the error for the first place, in row-major order, where it is true.
 * @throws what `error` returns; DTypeError for a condition that is no bool tensor.
 *
 * @example
 * const rootMeanSquareLog = defineLoss("rootMeanSquareLog", (prediction, target) => {
 *   refuseWhere(target.less(0), (at) => new ValueError({
 *     where: "rootMeanSquareLog", expected: "targets of 0 or more", got: `a negative one at [${at}]`,
 *   }));
 *   return prediction.log1p().sub(target.log1p()).square();
 * });
 */
export function refuseWhere(condition: Tensor, error: (at: readonly number[]) => Error): void {
  if (!(condition instanceof Tensor) || condition.dtype !== "bool")
    throw new DTypeError({
      where: "refuseWhere",
      expected: "a condition: a bool tensor, such as x.less(0)",
      got: condition instanceof Tensor ? `a ${condition.dtype} tensor` : describe(condition),
    });
  checkFunction("refuseWhere", error, "a function that makes the error");
  guard(
    [condition],
    () => {
      const first = condition.storage.indexOf(1);
      if (first >= 0) throw error(placeOf(first, condition));
    },
    () => condition,
  );
}

/** Where element i of row-major order is, as an index for each axis. */
export function placeOf(i: number, { shape }: Pick<Tensor, "shape">): number[] {
  const place = new Array<number>(shape.length);
  let rest = i;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return place;
}
