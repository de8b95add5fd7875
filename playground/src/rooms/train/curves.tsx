/**
 * The loss and the accuracy along the training, with the least that the loss can be.
 */
import { useEffect, useRef } from "preact/hooks";
import { columns } from "./curve.ts";
import { percent, short, whole } from "./numbers.ts";
import type { Network } from "./protocol.ts";
import { drawing, type Session, type Shown } from "./session.ts";

const [width, height] = [460, 150];
const plot = { left: 44, right: 8, top: 8, bottom: 20 } as const;
/** More points than this cannot be told apart. */
const most = 240;

type Column = (typeof columns)[number];

interface Line {
  readonly training: number;
  readonly column: Column;
  readonly name: string;
}

const linesOf = (kind: "loss" | "accuracy", compares: boolean): readonly Line[] =>
  (compares ? [0, 1] : [0]).flatMap((training) => [
    { training, column: kind, name: `${compares ? ["this", "kept"][training] : ""} training`.trim() },
    {
      training,
      column: kind === "loss" ? ("testLoss" as const) : ("testAccuracy" as const),
      name: `${compares ? ["this", "kept"][training] : ""} held back`.trim(),
    },
  ]);

export function Curves({ session, networks }: { readonly session: Session; readonly networks: readonly Network[] }) {
  return (
    <div class="train-curves">
      <Chart session={session} networks={networks} kind="loss" />
      <Chart session={session} networks={networks} kind="accuracy" />
    </div>
  );
}

function Chart({
  session,
  networks,
  kind,
}: {
  readonly session: Session;
  readonly networks: readonly Network[];
  readonly kind: "loss" | "accuracy";
}) {
  const svg = useRef<SVGSVGElement>(null);
  const lines = linesOf(kind, networks.length > 1);
  const floor = kind === "loss" ? (networks[0].floor ?? null) : null;
  useEffect(
    () =>
      drawing(
        session.frame,
        (shown) => {
          if (svg.current) drawChart(svg.current, shown, lines, floor, kind);
        },
        3,
      ),
    [session, networks],
  );
  const last = session.slow.value;
  return (
    <figure>
      <figcaption>
        {kind === "loss" ? "Loss" : "Accuracy"}
        {last && <Legend lines={lines} last={last} kind={kind} />}
      </figcaption>
      <svg
        ref={svg}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={last ? described(last, lines, floor, kind) : kind}
      >
        <path class="axis" d={`M${plot.left} ${plot.top}V${height - plot.bottom}H${width - plot.right}`} />
        <text class="y-max" x={plot.left - 5} y={plot.top + 9} />
        <text class="y-min" x={plot.left - 5} y={height - plot.bottom}>
          0
        </text>
        <text class="x-max" x={width - plot.right} y={height - 4} />
        <text class="x-min" x={plot.left} y={height - 4}>
          0
        </text>
        {floor !== null && floor > 0 && (
          <>
            <path class="floor" />
            <text class="floor-name" x={width - plot.right - 4}>
              no predictions have less: {short(floor)}
            </text>
          </>
        )}
        {lines.map(({ training, column }, i) => (
          <path key={`${training}${column}`} class={`line of-${training} ${i % 2 === 1 ? "held" : ""}`} />
        ))}
        <path class="now" />
      </svg>
    </figure>
  );
}

const numberOf = (shown: Shown, { training, column }: Line): number => {
  const frame = shown.trainings[training];
  const score = column === "testLoss" || column === "testAccuracy" ? frame?.test : frame?.train;
  if (!score) return Number.NaN;
  return column === "loss" || column === "testLoss" ? score.loss : score.accuracy;
};

const written = (kind: "loss" | "accuracy", x: number) => (kind === "loss" ? short(x) : percent(x));

function Legend({ lines, last, kind }: { lines: readonly Line[]; last: Shown; kind: "loss" | "accuracy" }) {
  return (
    <span class="train-legend">
      {lines.map((line, i) => {
        const number = numberOf(last, line);
        if (Number.isNaN(number) && i % 2 === 1) return null;
        return (
          <span key={line.name} class={`of-${line.training} ${i % 2 === 1 ? "held" : ""}`}>
            <svg viewBox="0 0 24 6" aria-hidden="true">
              <path class="line" d="M0 3H24" />
            </svg>
            {line.name} <output>{written(kind, number)}</output>
          </span>
        );
      })}
    </span>
  );
}

function described(shown: Shown, lines: readonly Line[], floor: number | null, kind: "loss" | "accuracy"): string {
  const now = lines.flatMap((line) => {
    const number = numberOf(shown, line);
    return Number.isNaN(number) ? [] : [`${line.name} ${written(kind, number)}`];
  });
  const least = floor !== null && floor > 0 ? ` No predictions have less than ${short(floor)}.` : "";
  return `${kind === "loss" ? "Loss" : "Accuracy"} over ${whole(shown.step)} steps. Now: ${now.join(", ")}.${least}`;
}

function drawChart(
  svg: SVGSVGElement,
  shown: Shown,
  lines: readonly Line[],
  floor: number | null,
  kind: "loss" | "accuracy",
): void {
  const wide = columns.length;
  const end = Math.max(10, shown.step, ...shown.trainings.map(({ whole }) => whole[whole.length - wide] ?? 0));
  let high = kind === "accuracy" ? 1 : (floor ?? 0) * 1.5;
  if (kind === "loss")
    for (const { training, column } of lines) {
      const points = shown.trainings[training]?.whole ?? [];
      const at = columns.indexOf(column);
      for (let i = at; i < points.length; i += wide) if (points[i] > high && points[i] < 1e6) high = points[i];
    }
  high ||= 1;
  const x = (step: number) => plot.left + (step / end) * (width - plot.left - plot.right);
  const y = (value: number) =>
    plot.top + (1 - Math.min(1, Math.max(0, value / high))) * (height - plot.top - plot.bottom);
  const drawn = svg.querySelectorAll(".line");
  lines.forEach(({ training, column }, i) => {
    const points = shown.trainings[training]?.whole ?? new Float64Array(0);
    const at = columns.indexOf(column);
    const count = points.length / wide;
    const every = Math.max(1, Math.ceil(count / most));
    let path = "";
    for (let k = 0; k < count; k += every) {
      const value = points[k * wide + at];
      if (Number.isFinite(value)) path += `${path ? "L" : "M"}${x(points[k * wide]).toFixed(1)} ${y(value).toFixed(1)}`;
    }
    drawn[i]?.setAttribute("d", path);
  });
  svg.querySelector(".now")?.setAttribute("d", `M${x(shown.step).toFixed(1)} ${plot.top}V${height - plot.bottom}`);
  const put = (name: string, text: string) => {
    const element = svg.querySelector(name);
    if (element && element.textContent !== text) element.textContent = text;
  };
  put(".y-max", kind === "loss" ? short(Number(high.toPrecision(2))) : "100%");
  put(".x-max", `step ${whole(end)}`);
  if (floor !== null && floor > 0) {
    const at = y(floor).toFixed(1);
    svg.querySelector(".floor")?.setAttribute("d", `M${plot.left} ${at}H${width - plot.right}`);
    svg.querySelector(".floor-name")?.setAttribute("y", String(Number(at) + 12));
  }
}
