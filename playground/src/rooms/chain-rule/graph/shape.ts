/**
 * The boxes and arrows of a computation before they have places, and how large each is.
 */
import type { BackwardData } from "@chainrule/explain";
import type { Arrow, Box } from "@chainrule/viz/internal";

export interface Shape {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

export const nodeBox: Box = { width: 112, height: 80 };
export const constantBox: Box = { width: 44, height: 30 };
/** What is written on an arrow: the local derivative, what comes from above, what is sent. */
export const labelBox: Box = { width: 86, height: 52 };
/** For parts of the drawing whose numbers its label says. */
export const silent = { "aria-hidden": true } as const;
const bare: Box = { width: 0, height: 0 };

/** The shape of an explained computation; that of the same program is the same whatever its numbers are. */
export function shapeOf({ nodes }: BackwardData): Shape {
  return {
    boxes: nodes.map(({ kind }) => (kind === "constant" ? constantBox : nodeBox)),
    arrows: nodes.flatMap(({ id, inputs }) =>
      inputs.map((from) => ({ from, to: id, ...(nodes[from].requiresGrad ? labelBox : bare) })),
    ),
  };
}
