/**
 * The state of recurrent layers: what they carry from step to step, as one tensor or several.
 */
import { type Shape, ShapeError, Tensor } from "@chainrule/core";
import { describe, formatShape, sameShape } from "@chainrule/core/internal";

/** The parts of a state, such as [h, c] of an LSTM; where there is one part only, it can stand by itself. */
export type State = Tensor | readonly Tensor[];

/** The parts of a state. @throws ShapeError for another number of parts, and for parts of another shape. */
export function stateOf(state: State, parts: number, shape: Shape): readonly Tensor[] {
  const given: readonly unknown[] = Array.isArray(state) ? state : [state];
  if (given.length !== parts || given.some((part) => !(part instanceof Tensor) || !sameShape(part.shape, shape)))
    throw new ShapeError({
      where: "state",
      expected: `${parts} tensor${parts === 1 ? "" : "s"} of shape ${formatShape(shape)}`,
      got:
        given.map((part) => (part instanceof Tensor ? formatShape(part.shape) : describe(part))).join(" and ") ||
        "none",
      hint: parts === 2 ? "The state of an LSTM is [h, c]." : undefined,
    });
  return given as readonly Tensor[];
}
