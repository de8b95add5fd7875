/**
 * The plane with the points: what the network makes of it, and where points are drawn.
 */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { percent, short } from "./numbers.ts";
import { borders, paintShares, paintUnit } from "./paint.ts";
import { classColours, classShapes, css, pageColours, shapePath } from "./palette.ts";
import { mapSize, neuronSize, type Points } from "./protocol.ts";
import { drawing, type Session, type Shown } from "./session.ts";

/** Side of the drawing in units of its own. */
const side = 480;

export interface PlaneProps {
  readonly session: Session;
  /** Which of the trainings. */
  readonly index: number;
  readonly title: string;
  /** Whether the title is seen, and not only said. */
  readonly caption: boolean;
  readonly points: Points;
  /** A hidden unit whose map is shown instead; -1 for none. */
  readonly unit?: Signal<number> | undefined;
  /** Where the learner pressed, in the plane: for drawing. */
  readonly onPlace?: ((x: number, y: number) => void) | undefined;
  /** Other keys than arrows; true where it was one. */
  readonly onKey?: ((key: string, x: number, y: number) => boolean) | undefined;
}

export function Plane({ session, index, title, caption, points, unit, onPlace, onKey }: PlaneProps) {
  const map = useRef<HTMLCanvasElement>(null);
  const lines = useRef<HTMLCanvasElement>(null);
  const cross = useSignal<readonly [number, number] | null>(null);
  const [left, right, bottom, top] = points.bounds;
  const toScreen = (x: number, y: number) =>
    [((x - left) / (right - left)) * side, ((top - y) / (top - bottom)) * side] as const;

  useEffect(() => {
    let shown: Shown | null = null;
    const draw = () => {
      if (shown && map.current && lines.current)
        drawMap(map.current, lines.current, shown, index, points.classes, unit?.peek() ?? -1);
    };
    const ends = [
      drawing(session.frame, (frame) => {
        shown = frame;
        draw();
      }),
    ];
    if (unit) ends.push(unit.subscribe(draw));
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    return () => {
      for (const end of ends) end();
      theme.disconnect();
      system.removeEventListener("change", draw);
    };
  }, [session, index, points]);

  const fromPointer = (event: PointerEvent & { currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return [left + u * (right - left), top - v * (top - bottom)] as const;
  };
  const onArrow = (event: KeyboardEvent) => {
    const by = event.shiftKey ? 0.1 : 0.02;
    const [x, y] = cross.value ?? [(left + right) / 2, (bottom + top) / 2];
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-by, 0],
      ArrowRight: [by, 0],
      ArrowUp: [0, by],
      ArrowDown: [0, -by],
    };
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (move) {
      const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
      cross.value = [
        clamp(x + move[0] * (right - left), left, right),
        clamp(y + move[1] * (top - bottom), bottom, top),
      ];
    } else if (!onKey?.(event.key, x, y)) return;
    event.preventDefault();
  };
  const at = cross.value && toScreen(...cross.value);
  const drawnPoints = useMemo(() => <PointsDrawing points={points} toScreen={toScreen} />, [points]);
  return (
    <figure class="train-plane">
      {caption && <figcaption>{title}</figcaption>}
      <div
        class="train-stack"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move a cross over it
        tabIndex={0}
        aria-label={`${title}: ${points.axisNames[0]} across, ${points.axisNames[1]} up. Arrows move a cross, with shift further${onPlace ? "; Enter puts a point there, Delete takes the nearest away, 1 to 5 choose the class" : ""}.`}
        onPointerMove={(event) => {
          if (event.pointerType === "mouse") cross.value = fromPointer(event);
        }}
        onPointerLeave={() => {
          cross.value = null;
        }}
        onPointerDown={(event) => {
          const place = fromPointer(event);
          cross.value = place;
          onPlace?.(...place);
        }}
        onKeyDown={onArrow}
      >
        <canvas ref={map} width={mapSize} height={mapSize} />
        <canvas ref={lines} width={side} height={side} />
        {drawnPoints}
        {at && (
          <svg viewBox={`0 0 ${side} ${side}`} aria-hidden="true" class="train-cross">
            <path d={`M${at[0]} 0V${side}M0 ${at[1]}H${side}`} />
          </svg>
        )}
      </div>
      <p class="train-readout" role="status">
        {cross.value ? (
          <Readout session={session} index={index} points={points} at={cross.value} />
        ) : (
          <Summary session={session} index={index} />
        )}
      </p>
    </figure>
  );
}

function drawMap(
  map: HTMLCanvasElement,
  lines: HTMLCanvasElement,
  shown: Shown,
  index: number,
  classes: number,
  unit: number,
): void {
  const frame = shown.trainings[index];
  // A frame of the next data may come before these are drawn.
  if (frame?.map.length !== mapSize ** 2 * classes) return;
  const colours = pageColours();
  const isUnit = unit >= 0 && unit < frame.scales.length;
  const size = isUnit ? neuronSize : mapSize;
  if (map.width !== size) map.width = map.height = size;
  const pixels = new ImageData(size, size);
  if (isUnit) {
    const cells = neuronSize ** 2;
    paintUnit(pixels.data, frame.neurons.subarray(unit * cells, (unit + 1) * cells), colours);
  } else paintShares(pixels.data, frame.map, classes, colours);
  map.getContext("2d")?.putImageData(pixels, 0, 0);
  const context = lines.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, lines.width, lines.height);
  if (isUnit) return;
  const scale = lines.width / mapSize;
  const ends = borders(frame.map, classes, mapSize);
  context.beginPath();
  for (let i = 0; i < ends.length; i += 4) {
    context.moveTo(ends[i] * scale, ends[i + 1] * scale);
    context.lineTo(ends[i + 2] * scale, ends[i + 3] * scale);
  }
  context.lineWidth = 2;
  context.strokeStyle = css(colours.ink, 0.8);
  context.stroke();
}

/** The points: filled where they are trained on, hollow where they are held back; a shape for each class. */
function PointsDrawing({
  points: { at, labels, trained, classNames },
  toScreen,
}: {
  readonly points: Points;
  readonly toScreen: (x: number, y: number) => readonly [number, number];
}) {
  const paths = classColours.map(() => ["", ""]);
  labels.forEach((label, i) => {
    const [x, y] = toScreen(at[2 * i], at[2 * i + 1]);
    paths[label][i < trained ? 0 : 1] += shapePath(classShapes[label], x, y, labels.length > 500 ? 4 : 5.5);
  });
  const counts = classNames.map((name, k) => `${labels.filter((label) => label === k).length} of ${name}`);
  return (
    <svg viewBox={`0 0 ${side} ${side}`} role="img" aria-label={`${labels.length} points: ${counts.join(", ")}.`}>
      {paths.flatMap(([filled, hollow], k) => [
        <path key={`${k} filled`} d={filled} style={{ fill: css(classColours[k]) }} class="train-point" />,
        <path key={`${k} hollow`} d={hollow} style={{ stroke: css(classColours[k]) }} class="train-point held" />,
      ])}
    </svg>
  );
}

function Summary({ session, index }: { readonly session: Session; readonly index: number }) {
  const frame = session.slow.value?.trainings[index];
  if (!frame) return <>–</>;
  return (
    <>
      {percent(frame.train.accuracy)} right{frame.test ? `, of those held back ${percent(frame.test.accuracy)}` : ""}
    </>
  );
}

function Readout({
  session,
  index,
  points,
  at: [x, y],
}: {
  readonly session: Session;
  readonly index: number;
  readonly points: Points;
  readonly at: readonly [number, number];
}) {
  const [left, right, bottom, top] = points.bounds;
  const frame = session.slow.value?.trainings[index];
  const cell = (share: number) => Math.min(mapSize - 1, Math.max(0, Math.floor(share * mapSize)));
  const i = cell((top - y) / (top - bottom)) * mapSize + cell((x - left) / (right - left));
  const shares =
    frame && points.classNames.map((name, c) => `${name} ${Math.round(frame.map[i * points.classes + c] / 2.55)}%`);
  return (
    <>
      {points.axisNames[0]} {short(Number(x.toFixed(2)))}, {points.axisNames[1]} {short(Number(y.toFixed(2)))}
      {shares ? `: ${shares.join(", ")}` : ""}
    </>
  );
}
