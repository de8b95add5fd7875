/**
 * What is written on an arrow: local derivative × what comes from above = what is sent.
 */
import type { ExplainedNode } from "@chainrule/explain";
import type { Point } from "@chainrule/viz/internal";
import { factor, short } from "../story/format.ts";
import type { SeenEdge } from "../story/frames.ts";
import { labelBox, silent } from "./shape.ts";

export interface EdgeLabelProps {
  readonly edge: SeenEdge;
  readonly at: Point;
  readonly isNear: boolean;
  readonly withGradients: boolean;
}

export function EdgeLabel({ edge, at, isNear, withGradients }: EdgeLabelProps) {
  const { local, upstream, sent } = edge;
  if (local === null) return null;
  const isSent = sent !== null && upstream !== null && withGradients;
  const { width, height } = labelBox;
  const tall = isSent ? height : 20;
  return (
    <g
      class={`chain-label${edge.isNow || isNear ? " now" : ""}`}
      transform={`translate(${at.x} ${at.y})`}
      {...silent}
      data-edge={`${edge.from}-${edge.to}-${edge.argument}`}
    >
      <rect x={-width / 2} y={-tall / 2} {...{ width, height: tall }} rx="5" />
      <text class="sign" x={-width / 2 + 6} y={isSent ? -11 : 4.5}>
        ∂
      </text>
      <text class="local" x={width / 2 - 6} y={isSent ? -11 : 4.5}>
        {short(local)}
      </text>
      {isSent && (
        <>
          <text class="sign" x={-width / 2 + 6} y={5}>
            ×
          </text>
          <text class="upstream" x={width / 2 - 6} y={5}>
            {short(upstream)}
          </text>
          <line x1={-width / 2 + 4} x2={width / 2 - 4} y1={9} y2={9} />
          <text class="sign" x={-width / 2 + 6} y={22}>
            =
          </text>
          <text class="amount" x={width / 2 - 6} y={22}>
            {short(sent)}
          </text>
        </>
      )}
    </g>
  );
}

/** The same in words. */
export function edgeSaid({ from, to, local, upstream, sent }: SeenEdge, nodes: readonly ExplainedNode[]): string {
  const sum = `${short(local!)} × ${factor(upstream!)} = ${short(sent!)}`;
  return `${nodes[to].name} sends ${sum} to ${nodes[from].name}`;
}
