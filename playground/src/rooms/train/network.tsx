/**
 * The network: each unit with its map of the plane, each connection as thick as its weight.
 */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { layoutNetwork, type NetworkLayout, width } from "./network-layout.ts";
import { short } from "./numbers.ts";
import { negative, paintShares, paintUnit, positive } from "./paint.ts";
import { css, type PageColours, pageColours } from "./palette.ts";
import { mapSize, type Network, neuronSize, type Points } from "./protocol.ts";
import { drawing, type Session, type Shown } from "./session.ts";

export interface NetworkProps {
  readonly session: Session;
  readonly network: Network;
  readonly points: Points;
  /** The hidden unit that is looked at, counted over all layers; -1 for none. */
  readonly unit: Signal<number>;
}

export function NetworkDrawing({ session, network, points, unit }: NetworkProps) {
  const layout = useMemo(() => layoutNetwork(network.units), [network]);
  const lines = useRef<SVGSVGElement>(null);
  const units = useRef<HTMLDivElement>(null);
  const looked = useSignal<readonly [column: number, i: number] | null>(null);
  useEffect(
    () =>
      drawing(
        session.frame,
        (shown) => {
          const frame = shown.trainings[0];
          // A frame of the next network may come before that is drawn.
          const isOfThis = frame?.weights.length === layout.weights && frame.scales.length === hiddenCount(network);
          if (!isOfThis || !lines.current || !units.current) return;
          drawEdges(lines.current, layout, frame.weights);
          drawUnits(units.current, frame, network, points);
        },
        3,
      ),
    [session, layout],
  );
  const look = (place: readonly [number, number] | null) => {
    looked.value = place;
    const isHidden = place !== null && place[0] > 0 && place[0] < layout.columns.length - 1;
    unit.value = isHidden ? unitsBefore(network, place[0]) + place[1] : -1;
  };
  const onKey = (event: KeyboardEvent) => {
    const [column, i] = looked.value ?? [0, 0];
    const to = {
      ArrowRight: [column + 1, i],
      ArrowLeft: [column - 1, i],
      ArrowDown: [column, i + 1],
      ArrowUp: [column, i - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const next = Math.min(layout.columns.length - 1, Math.max(0, to[0]));
    look([next, Math.min(layout.columns[next].length - 1, Math.max(0, to[1]))]);
  };
  return (
    <>
      <div
        class="train-network"
        style={{ aspectRatio: `${width} / ${layout.height}` }}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows go from unit to unit
        tabIndex={0}
        aria-label={`The network, ${["2 inputs", ...network.units.map((count, i) => `${network.names[i]} of ${count}`)].join(", ")}. Arrows go from unit to unit.`}
        onKeyDown={onKey}
        onFocus={() => look(looked.value ?? [0, 0])}
        onBlur={() => look(null)}
        onPointerLeave={() => look(null)}
      >
        <Edges layout={layout} lines={lines} looked={looked.value} />
        <div ref={units}>
          {layout.columns.map((column, c) =>
            column.map((place, i) => (
              <div
                key={`${c}.${i}`}
                class={`train-unit${looked.value?.[0] === c && looked.value[1] === i ? " looked" : ""}`}
                style={{
                  left: `${((place.x - layout.size / 2) / width) * 100}%`,
                  top: `${((place.y - layout.size / 2) / layout.height) * 100}%`,
                  width: `${(layout.size / width) * 100}%`,
                }}
                onPointerEnter={() => look([c, i])}
                onPointerDown={() => look([c, i])}
              >
                <canvas width={neuronSize} height={neuronSize} />
              </div>
            )),
          )}
        </div>
      </div>
      <p class="train-readout" role="status">
        {looked.value ? (
          <UnitReadout session={session} network={network} points={points} layout={layout} looked={looked.value} />
        ) : (
          "Point at a unit, or go there with the arrows, to see its weights."
        )}
      </p>
    </>
  );
}

const hiddenCount = ({ units }: Network) => units.slice(0, -1).reduce((sum, count) => sum + count, 0);
const unitsBefore = ({ units }: Network, column: number) =>
  units.slice(0, column - 1).reduce((sum, count) => sum + count, 0);

/** All connections, whose looks are changed by hand; those of the unit that is looked at stand out. */
function Edges({
  layout,
  lines,
  looked,
}: {
  readonly layout: NetworkLayout;
  readonly lines: { current: SVGSVGElement | null };
  readonly looked: readonly [number, number] | null;
}) {
  const paths = useMemo(
    () =>
      layout.edges.map(({ column, from, to, weight }) => {
        const [a, b] = [layout.columns[column][from], layout.columns[column + 1][to]];
        const middle = (a.x + b.x) / 2;
        return <path key={weight} d={`M${a.x} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${b.x} ${b.y}`} />;
      }),
    [layout],
  );
  useEffect(() => {
    const drawn = lines.current?.querySelectorAll("path");
    layout.edges.forEach(({ column, from, to }, i) => {
      const isOf =
        looked === null ||
        (column === looked[0] - 1 && to === looked[1]) ||
        (column === looked[0] && from === looked[1]);
      drawn?.[i].classList.toggle("apart", !isOf);
    });
  }, [layout, looked]);
  return (
    <svg ref={lines} viewBox={`0 0 ${width} ${layout.height}`} aria-hidden="true">
      {paths}
    </svg>
  );
}

/** Widths in steps, so that most frames change few of them. */
const steps = 24;
const looks = new WeakMap<Element, number>();

function drawEdges(svg: SVGSVGElement, layout: NetworkLayout, weights: Float32Array): void {
  const paths = svg.querySelectorAll("path");
  layout.edges.forEach(({ weight }, i) => {
    const w = weights[weight];
    // Half of what a connection can show at a weight of 1.
    const look = Math.round((steps * w) / (1 + Math.abs(w)));
    if (looks.get(paths[i]) === look) return;
    looks.set(paths[i], look);
    const size = Math.abs(look) / steps;
    paths[i].setAttribute("stroke", css(w < 0 ? negative : positive, 0.15 + 0.75 * size));
    paths[i].setAttribute("stroke-width", String(0.5 + (layout.size / 9) * size));
    if (w < 0) paths[i].setAttribute("stroke-dasharray", "12 6");
    else paths[i].removeAttribute("stroke-dasharray");
  });
}

function drawUnits(units: HTMLDivElement, frame: Shown["trainings"][number], network: Network, points: Points): void {
  const colours = pageColours();
  const all = units.querySelectorAll("canvas");
  const cells = neuronSize ** 2;
  const hidden = hiddenCount(network);
  const outputs = network.units.at(-1)!;
  const pixels = new ImageData(neuronSize, neuronSize);
  const put = (i: number) => all[i].getContext("2d")?.putImageData(pixels, 0, 0);
  const values = new Int8Array(cells);
  for (let axis = 0; axis < 2; axis++) {
    for (let i = 0; i < cells; i++) {
      const along = axis === 0 ? i % neuronSize : neuronSize - 1 - Math.floor(i / neuronSize);
      values[i] = Math.round(127 * ((2 * along) / (neuronSize - 1) - 1));
    }
    paintUnit(pixels.data, values, colours);
    put(axis);
  }
  for (let unit = 0; unit < hidden; unit++) {
    paintUnit(pixels.data, frame.neurons.subarray(unit * cells, (unit + 1) * cells), colours);
    put(2 + unit);
    all[2 + unit].parentElement?.classList.toggle("dead", frame.dead[unit] === 1);
  }
  for (let k = 0; k < outputs; k++) {
    paintOutput(pixels.data, frame.map, points.classes, outputs === 1 ? null : k, colours);
    put(2 + hidden + k);
  }
}

/** An output's map: the share of its class alone on paper, or where there is one output, of both. */
function paintOutput(
  pixels: Uint8ClampedArray,
  map: Uint8Array,
  classes: number,
  only: number | null,
  colours: PageColours,
): void {
  const every = mapSize / neuronSize;
  const shares = new Uint8Array(neuronSize ** 2 * classes);
  for (let i = 0; i < neuronSize ** 2; i++) {
    const cell = every * (Math.floor(i / neuronSize) * mapSize + (i % neuronSize));
    for (let c = 0; c < classes; c++)
      if (only === null || c === only) shares[i * classes + c] = map[cell * classes + c];
  }
  paintShares(pixels, shares, classes, colours);
  if (only === null) return;
  for (let i = 0; i < neuronSize ** 2; i++)
    for (let j = 0; j < 3; j++) pixels[4 * i + j] += (1 - shares[i * classes + only] / 255) * colours.paper[j];
}

function UnitReadout({
  session,
  network,
  points,
  layout,
  looked: [column, i],
}: {
  readonly session: Session;
  readonly network: Network;
  readonly points: Points;
  readonly layout: NetworkLayout;
  readonly looked: readonly [number, number];
}) {
  const frame = session.slow.value?.trainings[0];
  if (!frame) return <>–</>;
  if (column === 0) return <>Input {points.axisNames[i]}: where a point lies.</>;
  const into = layout.edges.filter((edge) => edge.column === column - 1 && edge.to === i);
  const named = (from: number) => (column === 1 ? points.axisNames[from] : `unit ${from + 1}`);
  const isHidden = column < layout.columns.length - 1;
  const isDead = isHidden && frame.dead[unitsBefore(network, column) + i] === 1;
  return (
    <>
      <strong>
        {network.names[column - 1]}, unit {i + 1}
      </strong>
      {isDead ? " (dead: the same for all points)" : ""}: weights{" "}
      {into.map(({ from, weight }) => `${named(from)} ${short(frame.weights[weight])}`).join(", ")}; bias{" "}
      {short(frame.weights[layout.biases[column - 1] + i])}
    </>
  );
}
