/**
 * The computation drawn: boxes with values and gradients, arrows with what goes back along them.
 */
import type { BackwardData, ExplainedNode } from "@chainrule/explain";
import { useSignal } from "@preact/signals";
import { useWidth } from "../../../components/use-width.ts";
import { useWorker } from "../../../components/use-worker.ts";
import { short } from "../story/format.ts";
import type { Seen, SeenEdge } from "../story/frames.ts";
import { EdgeLabel, edgeSaid } from "./edge.tsx";
import type { Layouts } from "./layout.worker.ts";
import { Node, type NodeRole } from "./node.tsx";
import { smooth } from "./paths.ts";
import { type Shape, shapeOf } from "./shape.ts";

export interface GraphProps {
  readonly data: BackwardData;
  readonly seen: Seen;
  readonly roles: readonly NodeRole[];
  /** Whether gradients are shown at all. */
  readonly withGradients: boolean;
  readonly canDrag: boolean;
  readonly onNumber: (node: number, value: number) => void;
  readonly onPick: (node: number) => void;
}

const startLayout = () => new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });

/** Text below this part of its size is hard to read: the graph is scrolled in place of made smaller. */
const smallest = 0.72;

export function Graph({ data, seen, roles, withGradients, canDrag, onNumber, onPick }: GraphProps) {
  const { place, width: space } = useWidth<HTMLDivElement>();
  const picked = useSignal<number | null>(null);
  const shape = shapeOf(data);
  const found = useWorker<Shape, Layouts>(startLayout, JSON.stringify(shape), shape);
  const chosen = found && space.value > 0 ? choose(found, space.value) : null;
  const near = (edge: SeenEdge) => picked.value !== null && (edge.from === picked.value || edge.to === picked.value);
  return (
    <div class="chain-graph scroll" ref={place} data-placed={chosen ? chosen.direction : "none"}>
      {chosen && (
        // biome-ignore lint/a11y/useSemanticElements: a drawing whose boxes can be pressed
        <svg
          role="group"
          aria-label={`The graph of ${data.nodes[data.result].name}: ${said(data, seen, withGradients)}`}
          viewBox={`0 0 ${chosen.layout.width} ${chosen.layout.height}`}
          style={{
            width: `${(chosen.layout.width * chosen.scale) / 16}rem`,
            height: `${(chosen.layout.height * chosen.scale) / 16}rem`,
          }}
        >
          <defs>
            {["there", "back"].map((id) => (
              <marker
                key={id}
                id={`chain-${id}`}
                class={`chain-head ${id}`}
                viewBox="0 0 10 10"
                refX={id === "there" ? 9 : 1}
                refY="5"
                markerWidth="9"
                markerHeight="9"
                markerUnits="userSpaceOnUse"
                orient="auto"
              >
                <path d={id === "there" ? "M0 0L10 5L0 10z" : "M10 0L0 5L10 10z"} />
              </marker>
            ))}
          </defs>
          {seen.edges.map((edge, i) => (
            <path
              key={`${edge.from}-${edge.to}-${edge.argument}`}
              class={`chain-edge${edge.sent !== null && withGradients ? " sent" : ""}${edge.isNow || near(edge) ? " now" : ""}`}
              d={smooth(chosen.layout.arrows[i].points)}
              stroke-width={edge.sent !== null && withGradients ? thickness(edge.sent) : 1.5}
              marker-end={edge.sent !== null && withGradients ? undefined : "url(#chain-there)"}
              marker-start={edge.sent !== null && withGradients ? "url(#chain-back)" : undefined}
            />
          ))}
          {seen.edges.map(
            (edge, i) =>
              edge.carries && (
                <EdgeLabel
                  key={`${edge.from}-${edge.to}-${edge.argument}`}
                  edge={edge}
                  at={chosen.layout.arrows[i].label}
                  isNear={near(edge)}
                  withGradients={withGradients}
                />
              ),
          )}
          {data.nodes.map((node) => (
            <Node
              key={node.id}
              node={node}
              seen={seen.nodes[node.id]}
              role={roles[node.id]}
              inputs={node.inputs.map((input) => data.nodes[input].name)}
              at={chosen.layout.boxes[node.id]}
              isResult={node.id === data.result}
              withGradients={withGradients}
              canDrag={canDrag}
              onNumber={(value) => onNumber(node.id, value)}
              onPick={() => onPick(node.id)}
              onNear={(isNear) => {
                picked.value = isNear ? node.id : null;
              }}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

/** Across where that is readable, else down; as large as there is room, up to its own size. */
function choose({ across, down }: Layouts, space: number) {
  const scaleOf = (width: number) => Math.min(1.15, Math.max(smallest, space / width));
  const isAcross = space / across.width >= smallest || across.width <= down.width;
  const layout = isAcross ? across : down;
  return { direction: isAcross ? "across" : "down", layout, scale: scaleOf(layout.width) };
}

/** Lines are the thicker the more goes along them; the number stands beside it. */
function thickness(sent: number): number {
  const size = Math.abs(sent);
  if (!(size > 0)) return 1;
  return Math.min(7, 1 + 3.2 * Math.sqrt(Math.min(size, 1e6)) ** 0.8);
}

function said({ nodes }: BackwardData, { nodes: seenNodes, edges }: Seen, withGradients: boolean): string {
  const of = ({ id, name, kind }: ExplainedNode) => {
    const { value, gradient } = seenNodes[id];
    if (kind === "constant" || value === null) return [];
    return [`${name} = ${short(value)}${gradient !== null && withGradients ? `, gradient ${short(gradient)}` : ""}`];
  };
  const arrows = edges.filter(({ sent }) => withGradients && sent !== null);
  return [...nodes.flatMap(of), ...arrows.map((edge) => edgeSaid(edge, nodes))].join("; ");
}
